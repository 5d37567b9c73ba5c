/** T11: what an application puts into its status and headers must not become other headers, or another answer. */
import test from "ava";
import fc from "fast-check";
import { type StartResponse, wsgi, type WsgiApplication } from "../../src/app/index.ts";
import { readHead } from "../../src/app/wsgi/response-start.ts";
import { formatResponseHead, type Header } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startStack } from "../helpers/nginx-stack.ts";
import { exchange, get, parseAnswer } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { latin1 } from "../helpers/wire.ts";

/** In everything that an application must not get through. */
const MARK = "planted";
const LINE = `Set-Cookie: ${MARK}=1`;

type Start = [status: unknown, headers: unknown];

const withValue = (value: unknown): Start => ["200 OK", [["X-A", value]]];
const withName = (name: unknown): Start => ["200 OK", [[name, MARK]]];
const withStatus = (status: unknown): Start => [status, [["X-A", MARK]]];

const behaviours: readonly (readonly [about: string, start: Start])[] = [
  ["CR LF and a header in a value", withValue(`a\r\n${LINE}`)],
  ["LF and a header in a value", withValue(`a\n${LINE}`)],
  ["CR and a header in a value", withValue(`a\r${LINE}`)],
  ["an empty line and a body in a value", withValue(`a\r\n\r\n<script>${MARK}</script>`)],
  ["a whole second answer in a value", withValue(`a\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n${LINE}`)],
  ["a folded line in a value", withValue(`a\r\n ${MARK}`)],
  ["CR LF at the end of a value", withValue(`${MARK}\r\n`)],
  ["LF at the start of a value", withValue(`\n${MARK}`)],
  ["NUL in a value", withValue(`${MARK}\0`)],
  ["a backspace in a value", withValue(`${MARK}\b`)],
  ["a vertical tab in a value", withValue(`${MARK}\v`)],
  ["a form feed in a value", withValue(`${MARK}\f`)],
  ["ESC in a value", withValue(`${MARK}\x1b[2J`)],
  ["DEL in a value", withValue(`${MARK}\x7f`)],
  ["a character whose low byte is LF in a value", withValue(`${MARK}\u010a${LINE}`)],
  ["a character whose low byte is CR in a value", withValue(`${MARK}\u560d\u560a${LINE}`)],
  ["a character above U+00FF in a value", withValue(`${MARK}\u20ac`)],
  ["half of a surrogate pair in a value", withValue(`${MARK}\ud800`)],
  ["a number for a value", withValue(5)],
  ["an object whose text splits for a value", withValue({ toString: () => `a\r\n${LINE}` })],
  ["null for a value", withValue(null)],
  ["CR LF and a header in a name", withName(`X-A: 1\r\n${LINE}`)],
  ["LF in a name", withName("X-A\n")],
  ["a colon in a name", withName(`X-A: ${MARK}\u00a0`)],
  ["a colon at the end of a name", withName("X-A:")],
  ["a blank in a name", withName("X A")],
  ["a blank before a name", withName(" X-A")],
  ["a tab behind a name", withName("X-A\t")],
  ["NUL in a name", withName("X\0A")],
  ["an empty name", withName("")],
  ["a name above ASCII", withName("X-\u00c4")],
  ["a name above U+00FF", withName("X-\u0141")],
  ["a parenthesis in a name", withName("X(A)")],
  ["a name that is no string", withName(7)],
  ["CR LF and a header in the reason", withStatus(`200 OK\r\n${LINE}`)],
  ["LF and a header in the reason", withStatus(`200 OK\n${LINE}`)],
  ["CR in the reason", withStatus(`200 OK\r${LINE}`)],
  ["NUL in the reason", withStatus(`200 ${MARK}\0`)],
  ["DEL in the reason", withStatus(`200 ${MARK}\x7f`)],
  ["a character above U+00FF in the reason", withStatus(`200 ${MARK}\u010a`)],
  ["CR LF before the status", withStatus("\r\n200 OK")],
  ["CR LF in the number of the status", withStatus(`200\r\n${LINE}`)],
  ["a status without a reason's blank", withStatus("200")],
  ["a status that is a number", withStatus(200)],
  ["a status of two lines", withStatus(`200 OK\r\n\r\n${MARK}`)],
  ["a header that is one string", ["200 OK", [`X-A: ${MARK}`]]],
  ["a header of three parts", ["200 OK", [["X-A", "1", MARK]]]],
  ["headers that are one string", ["200 OK", `X-A: ${MARK}`]],
  ["headers that are an object", ["200 OK", { "X-A": MARK }]],
];

const ANSWER =
  "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n\r\n" +
  "500 Internal Server Error\n";

for (const kind of bothKinds) {
  for (const [about, start] of behaviours) {
    test(`T11: ${about} throws at startResponse and is a plain 500 on ${kind}`, async (t) => {
      let thrown: unknown;
      const application: WsgiApplication = (_, startResponse) => {
        try {
          startResponse(...(start as Parameters<StartResponse>));
        } catch (error) {
          thrown = error;
          throw error;
        }
        return MARK;
      };
      await using server = await startServer(wsgi(application), { kind });
      const { bytes, how } = await exchange(server.address, get());
      t.regex(String(errorCode(thrown)), /^UWSGI_(?:INVALID_STATUS|INVALID_HEADER|NOT_LATIN1)$/);
      t.deepEqual([Buffer.from(bytes).toString("latin1"), how], [ANSWER, "end"]);
      t.like(await server.seen.errors.at(), { error: thrown, outcome: "answered", status: 500 });
    });
  }
}

test("T11: an application that swallows the error has begun no answer: what follows is a 500", async (t) => {
  for (const [about, start] of behaviours) {
    const application: WsgiApplication = (_, startResponse) => {
      try {
        startResponse(...(start as Parameters<StartResponse>));
      } catch {
        // As an application does that knows better.
      }
      return MARK;
    };
    await using server = await startServer(wsgi(application));
    t.is(Buffer.from((await exchange(server.address, get())).bytes).toString("latin1"), ANSWER, about);
  }
});

test("T11: a handler that returns such headers, not by startResponse, gets the same 500", async (t) => {
  for (const [about, [status, headers]] of behaviours) {
    const [, code = "200", reason = "OK"] = /^(\d+) ?(.*)$/s.exec(String(status)) ?? [];
    if (!Array.isArray(headers) || !Array.isArray(headers[0]) || headers[0].length !== 2) continue;
    const isAllowed = headers[0][1] === MARK && headers[0][0] === "X-A" && /^[\x20-\x7e]*$/.test(reason);
    if (isAllowed) continue;
    await using server = await startServer(() => ({
      ...respond("x", { headers: headers as Header[], status: Number(code) }),
      reason,
    }));
    t.is(Buffer.from((await exchange(server.address, get())).bytes).toString("latin1"), ANSWER, about);
  }
});

test("T11: an error that replaces a begun answer is held to the same rules", async (t) => {
  const application: WsgiApplication = (_, startResponse) => {
    startResponse("200 OK", [["X-A", "1"]]);
    startResponse("500 Oops", [["X-A", `1\r\n${LINE}`]], new Error("first"));
    return MARK;
  };
  await using server = await startServer(wsgi(application));
  t.is(Buffer.from((await exchange(server.address, get())).bytes).toString("latin1"), ANSWER);
});

test("T11: headers that are changed behind startResponse's back change nothing", async (t) => {
  const application: WsgiApplication = (_, startResponse) => {
    const pair: [string, string] = ["X-A", "1"];
    const headers = [pair];
    startResponse("200 OK", headers);
    pair[1] = `1\r\n${LINE}`;
    headers.push(["X-B", `2\r\n${LINE}`]);
    return "x";
  };
  await using server = await startServer(wsgi(application));
  const { headers } = parseAnswer((await exchange(server.address, get())).bytes);
  t.deepEqual(headers, [
    ["x-a", "1"],
    ["content-length", "1"],
  ]);
});

// Any status and headers: thrown, or read back as what they were.

const character = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 9, 10, 13, 0x1f, 0x20, 0x3a, 0x7f) },
  { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }) },
  { weight: 1, arbitrary: fc.constantFrom(0x85, 0x100, 0x10a, 0x10d, 0x2028, 0x560a, 0xd83d, 0xfeff) },
);
const text = fc.array(character, { maxLength: 8 }).map((units) => String.fromCharCode(...units));
const name = fc.oneof(
  { weight: 1, arbitrary: text },
  { weight: 4, arbitrary: fc.constantFrom("X-A", "x_b", "Set-Cookie", "Content-Type", "A!#$%&'*+-.^`|~0") },
);
const value = fc.oneof(text, fc.constantFrom("", "a", "a\tb", "caf\u00e9"), fc.constantFrom("a", `a\r\n${LINE}`));
const status = fc.oneof(
  text,
  fc.constantFrom("200 OK", "404 ", "599 caf\u00e9"),
  fc.tuple(fc.integer({ min: 90, max: 1010 }), text).map(([code, reason]) => `${code} ${reason}`),
);

/** As the most lenient reader would take it: any of CR LF, LF and CR ends a line. */
function reread(head: string): { statusLine: string; headers: string[][] } | undefined {
  const lines = head.split(/\r\n|\n|\r/);
  if (lines.pop() !== "" || lines.pop() !== "") return undefined;
  const [statusLine = "", ...rest] = lines;
  return {
    statusLine,
    headers: rest.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  };
}

for (const part of [1, 2, 3, 4]) {
  test(`T11: any status and headers either throw or re-parse to the same list (25 000 cases, part ${part})`, (t) => {
    let passed = 0;
    fc.assert(
      fc.property(status, fc.array(fc.tuple(name, value), { maxLength: 4 }), (line, headers) => {
        let head: string;
        try {
          head = formatResponseHead(readHead(line, headers));
        } catch (error) {
          if (!/^UWSGI_(?:INVALID_STATUS|INVALID_HEADER|NOT_LATIN1)$/.test(String(errorCode(error)))) throw error;
          return;
        }
        passed++;
        const sent = reread(Buffer.from(latin1(head)).toString("latin1"));
        const given = headers.map(([key, content]) => [key, content.replace(/^[ \t]+|[ \t]+$/g, "")]);
        if (JSON.stringify(sent) !== JSON.stringify({ statusLine: `HTTP/1.1 ${line}`, headers: given })) {
          throw new Error(`${JSON.stringify([line, headers])} went out as ${JSON.stringify(head)}`);
        }
      }),
      { numRuns: 25_000 },
    );
    t.true(passed > 1_000, `${passed} passed`);
  });
}

const nginxTest = needs("nginx");

for (const over of bothWays) {
  nginxTest(`T11: a client of nginx sees nothing of a split value, over ${over}`, async (t) => {
    await using stack = await startStack(
      (_, startResponse) => {
        startResponse("200 OK", [["X-A", `a\r\n${LINE}`]]);
        return MARK;
      },
      { over },
    );
    const answer = await send({ port: stack.port });
    t.deepEqual([answer.status, answer.headers.has("set-cookie")], [500, false]);
    t.false(answer.body.toString().includes(MARK));
  });
}
