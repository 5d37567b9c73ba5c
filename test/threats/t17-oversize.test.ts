/** T17: blocks that are too large, or hold too many vars. What fits the protocol is served; the rest is told so. */
import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import { sendRaw } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { httpBlock, passTo, startFront } from "../helpers/nginx-stack.ts";
import { ask, parseAnswer, RawClient } from "../helpers/raw-client.ts";
import { bothKinds, deliver, isWell, startTarget } from "../helpers/target.ts";
import type { Pair } from "../helpers/vectors.ts";
import { pieces } from "../helpers/deliveries.ts";
import { latin1, packetOf, varsBlock } from "../helpers/wire.ts";

const TOO_LARGE = "431 Request Header Fields Too Large\n";

/** A request whose block has exactly `bytes` bytes. */
function blockOf(bytes: number): Uint8Array {
  const name = "HTTP_X_LONG";
  return packetOf(varsBlock([[name, "x".repeat(bytes - 4 - name.length)]]));
}

/** A request of that many vars. */
function varsOf(count: number): Uint8Array {
  return packetOf(varsBlock(Array.from({ length: count }, (_, i): Pair => [`HTTP_X_${i}`, String(i)])));
}

for (const kind of bothKinds) {
  test(`T17: every block that the protocol can say is served, up to 65 535 bytes, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    for (const bytes of [4_095, 4_096, 4_097, 8_192, 32_768, 65_534, 65_535]) {
      t.is((await ask(server.address, blockOf(bytes))).status, 200, String(bytes));
      t.is(server.calls.at(-1)?.["HTTP_X_LONG"], "x".repeat(bytes - 15), String(bytes));
    }
  });

  test(`T17: a block of 65 535 bytes is served in pieces of any size on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    for (const size of [1_000, 16_384, 65_536]) {
      t.is(parseAnswer((await deliver(server, pieces(blockOf(65_535), size))).bytes).status, 200, String(size));
    }
  });

  test(`T17: 1 000 vars are served, one more is a 431, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    t.is((await ask(server.address, varsOf(1_000))).status, 200);
    t.is(server.calls[0]?.["HTTP_X_999"], "999");
    for (const count of [1_001, 5_000]) {
      const answer = await ask(server.address, varsOf(count));
      t.deepEqual([answer.status, answer.body, answer.how], [431, TOO_LARGE, "end"], String(count));
    }
    t.deepEqual(
      server.seen.refused.all.map(({ error, status }) => [error.code, status]),
      Array.from({ length: 2 }, () => ["UWSGI_VARS_LIMIT", 431]),
    );
    t.is(server.calls.length, 1);
  });

  test(`T17: a smaller maxVars is a 431 from the first var too many on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, maxVars: 3 });
    t.is((await ask(server.address, varsOf(3))).status, 200);
    t.is((await ask(server.address, varsOf(4))).status, 431);
  });

  test(`T17: a smaller maxDatasize is a 431 from the first byte too many, before any of them has come, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, maxDatasize: 4_096, headerTimeoutMs: Number.POSITIVE_INFINITY });
    t.is((await ask(server.address, blockOf(4_096))).status, 200);
    for (const bytes of [4_097, 65_535]) {
      using client = await RawClient.connect(server.address);
      await client.send(blockOf(bytes).subarray(0, 4));
      const answer = parseAnswer((await client.ending).bytes);
      t.deepEqual([answer.status, answer.body], [431, TOO_LARGE], String(bytes));
      t.is((await ask(server.address, blockOf(bytes))).status, 431, String(bytes));
    }
    t.deepEqual(
      server.seen.refused.all.map(({ error, status }) => [error.code, status]),
      Array.from({ length: 4 }, () => ["UWSGI_DATASIZE_LIMIT", 431]),
    );
    t.is(server.calls.length, 1);
    t.true(await isWell(server));
  });
}

const nginxTest = needs("nginx");

for (const kind of bothKinds) {
  nginxTest(
    `T17: a header of 60 KB comes through nginx, and is a 431 there where less is allowed, on ${kind}`,
    async (t) => {
      await using roomy = await startTarget({ kind });
      await using narrow = await startTarget({ kind, maxDatasize: 4_096 });
      const locations =
        `location /roomy { ${passTo(formatAddress(roomy.address))} }\n` +
        `location /narrow { ${passTo(formatAddress(narrow.address))} }`;
      await using front = await startFront(
        { confText: ({ port }) => httpBlock(port, `large_client_header_buffers 4 64k;\n${locations}`) },
        async () => {},
      );
      const long = "x".repeat(60_000);
      const answers: number[] = [];
      for (const path of ["/roomy", "/narrow"]) {
        const answer = await sendRaw(
          front.port,
          `GET ${path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nX-Long: ${long}\r\n\r\n`,
        );
        answers.push(parseAnswer(latin1(answer)).status);
      }
      t.deepEqual(answers, [200, 431]);
      t.deepEqual([roomy.calls[0]?.["HTTP_X_LONG"], narrow.calls], [long, []]);
    },
  );
}
