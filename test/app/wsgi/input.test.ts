import test from "ava";
import fc from "fast-check";
import { RequestInput } from "../../../src/app/wsgi/input.ts";
import { ConnectionError } from "../../../src/errors.ts";
import type { RequestBody } from "../../../src/handler/index.ts";
import { deliveries, ways } from "../../helpers/deliveries.ts";
import { latin1 } from "../../helpers/wire.ts";

/** A body that arrives in these chunks; with `isTruncated` the client is gone behind them. */
function bodyOf(chunks: readonly Uint8Array[], { isTruncated = false } = {}): RequestBody & { readonly taken: number } {
  const waiting = chunks.filter(({ length }) => length > 0);
  let taken = 0;
  return {
    length: waiting.reduce((sum, { length }) => sum + length, isTruncated ? 1 : 0),
    get taken() {
      return taken;
    },
    read: async () => {
      const chunk = waiting.shift();
      taken++;
      if (chunk === undefined && isTruncated) throw new ConnectionError("gone", { code: "UWSGI_BODY_TRUNCATED" });
      return chunk;
    },
    async *[Symbol.asyncIterator]() {
      for (const chunk of waiting) yield chunk;
    },
  };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

async function texts(all: Promise<Uint8Array[]>): Promise<string[]> {
  return (await all).map(text);
}

const content = "first\nsecond line\n\nfourth\r\nno end";

const reads: readonly (readonly [about: string, read: (input: RequestInput) => Promise<unknown>, expected: unknown])[] =
  [
    ["read() gives all", async (input) => text(await input.read()), content],
    ["read(-1) gives all", async (input) => text(await input.read(-1)), content],
    [
      "read(size) gives exactly that much",
      async (input) => [text(await input.read(8)), text(await input.read(3))],
      ["first\nse", "con"],
    ],
    ["read(size) beyond the end gives what there is", async (input) => text(await input.read(1_000)), content],
    [
      "read(0) gives nothing and takes nothing",
      async (input) => [text(await input.read(0)), text(await input.read(2))],
      ["", "fi"],
    ],
    [
      "readline() gives line after line, then nothing",
      async (input) => {
        const lines: string[] = [];
        for (let i = 0; i < 7; i++) lines.push(text(await input.readline()));
        return lines;
      },
      ["first\n", "second line\n", "\n", "fourth\r\n", "no end", "", ""],
    ],
    [
      "readline(size) gives at most that much of a line",
      async (input) => [text(await input.readline(3)), text(await input.readline(3)), text(await input.readline(100))],
      ["fir", "st\n", "second line\n"],
    ],
    ["readline(0) gives nothing", async (input) => text(await input.readline(0)), ""],
    [
      "readlines() gives all lines",
      (input) => texts(input.readlines()),
      ["first\n", "second line\n", "\n", "fourth\r\n", "no end"],
    ],
    [
      "readlines(hint) stops behind the line that reaches it",
      (input) => texts(input.readlines(7)),
      ["first\n", "second line\n"],
    ],
    ["readlines(0) is without a hint", async (input) => (await input.readlines(0)).length, 5],
    [
      "iteration gives the rest",
      async (input) => {
        await input.readline();
        let rest = "";
        for await (const chunk of input) rest += text(chunk);
        return rest;
      },
      content.slice(6),
    ],
    [
      "an exhausted input is empty for ever",
      async (input) => {
        await input.read();
        const chunks: unknown[] = [];
        for await (const chunk of input) chunks.push(chunk);
        return [
          text(await input.read()),
          text(await input.read(5)),
          text(await input.readline()),
          await input.readlines(),
          chunks,
        ];
      },
      ["", "", "", [], []],
    ],
    [
      "ways of reading can be mixed",
      async (input) => [
        text(await input.read(2)),
        text(await input.readline()),
        text(await input.read(3)),
        text(await input.readline()),
        text(await input.read()),
      ],
      ["fi", "rst\n", "sec", "ond line\n", "\nfourth\r\nno end"],
    ],
  ];

for (const [about, read, expected] of reads) {
  for (const [way, family] of ways(latin1(content))) {
    test(`${about}, ${way}`, async (t) => {
      for (const [how, chunks] of family)
        t.deepEqual(await read(new RequestInput({ body: bodyOf(chunks) })), expected, how);
    });
  }
}

const truncated: readonly (readonly [about: string, read: (input: RequestInput) => Promise<unknown>])[] = [
  ["read()", (input) => input.read()],
  ["read(size) beyond what came", (input) => input.read(7)],
  ["readline() in an unfinished line", (input) => input.readline()],
  ["readlines()", (input) => input.readlines()],
  [
    "iteration",
    async (input) => {
      for await (const chunk of input) text(chunk);
    },
  ],
];

for (const [about, read] of truncated) {
  test(`${about} rejects when the client is gone before the end: a short body is never passed off as whole`, async (t) => {
    for (const [, chunks] of deliveries(latin1("abcdef"))) {
      await t.throwsAsync(read(new RequestInput({ body: bodyOf(chunks, { isTruncated: true }) })), {
        code: "UWSGI_BODY_TRUNCATED",
      });
    }
  });
}

test("what had come before the client was gone can be read by size", async (t) => {
  const input = new RequestInput({ body: bodyOf([latin1("abc")], { isTruncated: true }) });
  t.is(text(await input.read(3)), "abc");
  await t.throwsAsync(input.read(1), { code: "UWSGI_BODY_TRUNCATED" });
});

test("no more is taken from the connection than is asked for", async (t) => {
  const body = bodyOf([latin1("ab\n"), latin1("cd\n"), latin1("ef")]);
  const input = new RequestInput({ body });
  t.is(body.taken, 0);
  await input.readline();
  await input.read(0);
  t.is(body.taken, 1);
});

test("any sequence of reads, however the body is cut, gives its bytes in order and no more", async (t) => {
  const step = fc.record({ kind: fc.constantFrom("read", "readline" as const), size: fc.nat({ max: 7 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.stringMatching(/^[ab\n]{0,6}$/), { maxLength: 8 }),
      fc.array(step, { maxLength: 12 }),
      async (parts, steps) => {
        const whole = parts.join("");
        const input = new RequestInput({ body: bodyOf(parts.map(latin1)) });
        let at = 0;
        for (const { kind, size } of steps) {
          const bytes = text(await input[kind](size));
          const line = whole.slice(at).match(/^[^\n]*\n?/)?.[0] ?? "";
          t.is(bytes, kind === "read" ? whole.slice(at, at + size) : line.slice(0, size));
          at += bytes.length;
        }
        t.is(text(await input.read()), whole.slice(at));
      },
    ),
  );
});
