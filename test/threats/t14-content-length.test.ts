/** T14: what CONTENT_LENGTH may say, how long a body may be, and a body that is shorter than it says. */
import test from "ava";
import { wsgi } from "../../src/app/index.ts";
import { errorCode } from "../../src/errors.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { httpBlock, passTo, startFront } from "../helpers/nginx-stack.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { ask, parseAnswer, post, RawClient, requestOf } from "../helpers/raw-client.ts";
import { bothKinds, inParallel, startTarget } from "../helpers/target.ts";
import { gate, respond, startServer } from "../helpers/test-server.ts";

/** Other servers read several of these as a number, and not as the same one. */
const refused: readonly string[] = [
  "+3",
  "-3",
  "-0",
  " 3",
  "3 ",
  "\t3",
  "3\n",
  "3\0",
  "3,3",
  "3, 3",
  "3;3",
  "3 3",
  "3.0",
  "3.",
  ".3",
  "3e0",
  "3E0",
  "0x3",
  "0b11",
  "0o3",
  "3_0",
  "3x",
  "x3",
  "3n",
  "\u00b3",
  // An Arabic three, in UTF-8.
  "\u00d9\u00a3",
  "NaN",
  "Infinity",
  "true",
  "9007199254740992",
  "18446744073709551616",
  "99999999999999999999999",
  "9".repeat(400),
];

const accepted: readonly (readonly [value: string, length: number])[] = [
  ["", 0],
  ["0", 0],
  ["3", 3],
  ["03", 3],
  ["0000000000000000000000000000003", 3],
];

for (const kind of bothKinds) {
  test(`T14: a CONTENT_LENGTH that is not plain digits up to 2^53-1 is a 400 on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    for (const value of refused) {
      const answer = await ask(server.address, requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: value }, "abc"));
      t.deepEqual([answer.status, answer.how], [400, "end"], JSON.stringify(value));
    }
    t.deepEqual(
      server.seen.refused.all.map(({ error }) => error.code),
      refused.map(() => "UWSGI_BAD_CONTENT_LENGTH"),
    );
    t.deepEqual(server.calls, []);
  });

  test(`T14: plain digits are their number, nothing is 0, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind }, async ({ body }) => {
      const chunks: string[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString("latin1"));
      return respond(`${body.length}:${chunks.join("")}`);
    });
    for (const [value, length] of accepted) {
      const answer = await ask(server.address, requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: value }, "abcdef"));
      t.is(answer.body, `${length}:${"abcdef".slice(0, length)}`, JSON.stringify(value));
    }
    t.is((await ask(server.address, requestOf({ REQUEST_METHOD: "POST" }, "abcdef"))).body, "0:");
  });

  test(`T14: the largest length there is, is a length, and takes no memory until it is read, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind }, ({ body }) => respond(String(body.length)));
    const answer = await ask(server.address, requestOf({ CONTENT_LENGTH: "9007199254740991" }, "abc"));
    t.is(answer.body, "9007199254740991");
  });

  test(`T14: a body over maxBodyBytes is a 413 before the application is called, one of it is not, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, maxBodyBytes: 1_000 });
    for (const length of [1_001, 2_000, 1024 * 1024]) {
      const answer = await ask(server.address, post(new Uint8Array(length)));
      t.deepEqual([answer.status, answer.body, answer.how], [413, "413 Content Too Large\n", "end"], String(length));
    }
    t.deepEqual(server.calls, []);
    t.deepEqual(
      server.seen.refused.all.map(({ error, status }) => [error.code, status]),
      Array.from({ length: 3 }, () => ["UWSGI_BODY_LIMIT", 413]),
    );
    for (const length of [0, 1, 999, 1_000]) {
      t.is((await ask(server.address, post(new Uint8Array(length)))).body, "served", String(length));
    }
  });

  test(`T14: an announced body over maxBodyBytes is refused before a byte of it has come on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, maxBodyBytes: 1_000 });
    t.is((await ask(server.address, requestOf({ CONTENT_LENGTH: "9007199254740991" }))).status, 413);
  });

  test(`T14: maxBodyBytes of 0 refuses every body, and no request without one, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, maxBodyBytes: 0 });
    t.is((await ask(server.address, post("a"))).status, 413);
    t.is((await ask(server.address, post(""))).status, 200);
  });

  for (const [about, read] of [
    ["read()", "all"],
    ["read(10)", "ten"],
    ["readline()", "line"],
    ["readlines()", "lines"],
    ["iterating", "iterate"],
  ] as const) {
    test(`T14: a body that ends early is an error of ${about}, never a short body, on ${kind}`, async (t) => {
      const failure = gate<unknown>();
      await using server = await startServer(
        wsgi(async (environ, startResponse) => {
          const input = environ["wsgi.input"];
          try {
            if (read === "all") await input.read();
            else if (read === "ten") await input.read(10);
            else if (read === "line") await input.readline();
            else if (read === "lines") await input.readlines();
            else for await (const chunk of input) void chunk;
            failure.open(undefined);
          } catch (error) {
            failure.open(error);
            throw error;
          }
          startResponse("200 OK", []);
          return "whole";
        }),
        { kind },
      );
      using client = await RawClient.connect(server.address);
      await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "10" }, "abc"));
      client.end();
      t.is(errorCode(await failure.promise), "UWSGI_BODY_TRUNCATED");
      t.false(Buffer.from((await client.ending).bytes).includes("whole"));
    });
  }

  test(`T14: the bytes before an early end can still be read, the end is the error, on ${kind}`, async (t) => {
    await using server = await startTarget({ kind }, async ({ body }) => {
      const first = await body.read();
      const error: unknown = await body.read().catch((reason: unknown) => reason);
      return respond(`${Buffer.from(first ?? []).toString()} ${errorCode(error)}`);
    });
    using client = await RawClient.connect(server.address);
    await client.send(requestOf({ CONTENT_LENGTH: "10" }, "abc"));
    client.end();
    t.is(parseAnswer((await client.ending).bytes).body, "abc UWSGI_BODY_TRUNCATED");
  });
}

const nginxTest = needs("nginx");
const UPLOADS = 60;

for (const kind of bothKinds) {
  for (const buffering of ["off", "on"]) {
    const title = `${UPLOADS} of ${UPLOADS} unread uploads of 10 MB are told 413 through nginx, buffering ${buffering}, on ${kind}`;
    nginxTest.serial(`T14: ${title}`, async (t) => {
      await using server = await startTarget({ kind, maxBodyBytes: 1024 * 1024 });
      const pass = passTo(formatAddress(server.address));
      await using front = await startFront(
        { confText: ({ port }) => httpBlock(port, `location / { uwsgi_request_buffering ${buffering}; ${pass} }`) },
        async () => {},
      );
      const body = new Uint8Array(10 * 1024 * 1024);
      const statuses: number[] = [];
      await inParallel(Array.from({ length: UPLOADS }), 4, async () => {
        statuses.push((await send({ port: front.port, method: "POST", body })).status);
      });
      t.deepEqual(
        statuses,
        Array.from({ length: UPLOADS }, () => 413),
      );
      t.deepEqual(server.calls, []);
    });
  }
}
