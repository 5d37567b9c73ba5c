/** T20: half an answer that is taken for a whole one. TCP can say that it is none; a unix socket only by a length. */
import test from "ava";
import type { Header } from "../../src/codec/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { open } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { httpBlock, passTo, startFront } from "../helpers/nginx-stack.ts";
import { get, parseAnswer, RawClient } from "../helpers/raw-client.ts";
import { bothKinds, isWell, startTarget, type Target } from "../helpers/target.ts";
import { type Gate, gate, respond, type TransportKind } from "../helpers/test-server.ts";

const HALF = "the first half";
const LENGTH: Header = ["Content-Length", "1000"];

interface Failing extends Target {
  /** To be opened when the first half has been seen. */
  readonly isSeen: Gate;
}

/** A server whose answers fail in their middle; `/well` does not. */
async function startFailing(kind: TransportKind, headers: readonly Header[], fail: () => unknown): Promise<Failing> {
  const isSeen = gate();
  async function* half(): AsyncGenerator<string> {
    yield HALF;
    await isSeen.promise;
    yield fail() as string;
  }
  const server = await startTarget({ kind }, ({ environ }) =>
    environ.PATH_INFO === "/well" ? respond("well") : respond(half(), { headers: [...headers] }),
  );
  return { ...server, isSeen };
}

const failures: readonly (readonly [about: string, fail: () => unknown])[] = [
  [
    "throws",
    () => {
      throw new Error("halfway");
    },
  ],
  ["yields what is no chunk", () => 5],
];

for (const [about, fail] of failures) {
  for (const [length, headers] of [
    ["without a length", []],
    ["with a length", [LENGTH]],
  ] as const) {
    for (const kind of bothKinds) {
      const isSignalled = kind === "tcp" || headers.length > 0;
      const outcome = isSignalled ? "broken-off" : "unsignalled";

      test(`T20: an answer ${length} whose body ${about} is ${outcome} on ${kind}`, async (t) => {
        await using server = await startFailing(kind, headers, fail);
        using client = await RawClient.connect(server.address);
        await client.send(get());
        await client.until(HALF);
        server.isSeen.open();
        const { bytes, how } = await client.ending;
        t.deepEqual([how, parseAnswer(bytes).body], [kind === "tcp" ? "ECONNRESET" : "end", HALF]);
        t.like(await server.seen.errors.at(), { outcome, status: 200 });
        t.like(await server.seen.ends.at(), { ending: outcome, status: 200, bodyBytes: HALF.length });
        t.is(server.server.counts.unsignalled, isSignalled ? 0 : 1);
        t.true(await isWell(server));
      });
    }
  }
}

for (const kind of bothKinds) {
  test(`T20: a failure before the first byte is a whole 500, and nothing is unsignalled, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind }, () =>
      respond(
        (function* fails(): Generator<string> {
          throw new Error("at once");
          yield HALF;
        })(),
      ),
    );
    using client = await RawClient.connect(server.address);
    await client.send(get());
    const { bytes, how } = await client.ending;
    t.deepEqual([parseAnswer(bytes).status, how], [500, "end"]);
    t.like(await server.seen.errors.at(), { outcome: "answered", status: 500 });
    t.is(server.server.counts.unsignalled, 0);
  });

  test(`T20: a client that is gone is not counted as one that was told nothing, on ${kind}`, async (t) => {
    await using server = await startFailing(kind, [], () => new Uint8Array(1_048_576));
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until(HALF);
    client.destroy();
    server.isSeen.open();
    t.like(await server.seen.ends.at(), { status: 200 });
    t.is(server.server.counts.unsignalled, 0);
  });
}

const nginxTest = needs("nginx");

for (const [kind, headers] of [
  ["tcp", []],
  ["tcp", [LENGTH]],
  ["unix", [LENGTH]],
] as const) {
  const length = headers.length > 0 ? "with a length" : "without a length";
  nginxTest(`T20: a client of nginx sees that an answer ${length} was broken off on ${kind}`, async (t) => {
    const fail = (): never => {
      throw new Error("halfway");
    };
    await using server = await startFailing(kind, [["X-Accel-Buffering", "no"], ...headers], fail);
    await using front = await startFront(
      { confText: ({ port }) => httpBlock(port, `location / { ${passTo(formatAddress(server.address))} }`) },
      async () => {},
    );
    const message = await open({ port: front.port });
    let seen = "";
    const reading = async (): Promise<void> => {
      for await (const chunk of message) {
        seen += String(chunk);
        server.isSeen.open();
      }
    };
    await t.throwsAsync(reading(), { code: "ECONNRESET" });
    t.deepEqual([seen, message.complete], [HALF, false]);
  });
}
