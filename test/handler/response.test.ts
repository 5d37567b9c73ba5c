import test from "ava";
import type { Header } from "../../src/codec/index.ts";
import {
  type AppResponse,
  discard,
  headerOf,
  isStreamed,
  onResponse,
  replacedBody,
  type StreamedBody,
  varyOn,
  withoutHeader,
} from "../../src/handler/index.ts";

const said = (headers: readonly Header[]): AppResponse => ({ status: 200, headers, body: null });

test("a response that is there at once is gone on with at once", (t) => {
  t.is(
    onResponse(said([]), ({ status }) => status),
    200,
  );
});

test("a response that is promised is gone on with when it is there", async (t) => {
  t.is(await onResponse(Promise.resolve(said([])), ({ status }) => status), 200);
});

test("a header is found in any case, the first of several", (t) => {
  const response = said([
    ["X-One", "1"],
    ["x-two", "2"],
    ["X-ONE", "3"],
  ]);
  t.is(headerOf(response, "x-one"), "1");
  t.is(headerOf(response, "x-two"), "2");
  t.is(headerOf(response, "x-three"), undefined);
});

test("all headers of a name are left out, in any case", (t) => {
  t.deepEqual(
    withoutHeader(
      [
        ["A", "1"],
        ["b", "2"],
        ["a", "3"],
      ],
      "a",
    ),
    [["b", "2"]],
  );
});

for (const [what, given, expected] of [
  ["none", [], [["Vary", "Accept"]]],
  ["another", [["vary", "Cookie"]], [["Vary", "Cookie, Accept"]]],
  [
    "several lines",
    [
      ["Vary", "Cookie"],
      ["Vary", "Origin , X"],
    ],
    [["Vary", "Cookie, Origin, X, Accept"]],
  ],
  ["the same in another case", [["Vary", "Cookie, accept"]], [["Vary", "Cookie, accept"]]],
  ["everything", [["Vary", "*"]], [["Vary", "*"]]],
  ["empty names", [["Vary", " , "]], [["Vary", "Accept"]]],
] as const) {
  test(`what an answer varies on is added to ${what}`, (t) => {
    t.deepEqual(varyOn(given, "Accept"), expected);
  });
}

test("chunks and none are no streams, lists and iterators are", (t) => {
  t.deepEqual(
    [null, "x", new Uint8Array(1), ["x"], (function* () {})()].map((body) => isStreamed(body)),
    [false, false, false, true, true],
  );
});

/** A body that notes what happens to it. */
function noted(notes: string[]): StreamedBody {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        yield "a";
        yield "b";
      } finally {
        notes.push("left");
      }
    },
    close: () => {
      notes.push("closed");
    },
  };
}

test("a body that is not sent is closed", async (t) => {
  const notes: string[] = [];
  await discard({ ...said([]), body: noted(notes) });
  await discard(said([]));
  await discard({ ...said([]), body: "text" });
  t.deepEqual(notes, ["closed"]);
});

async function* shouted(body: StreamedBody): AsyncGenerator<string> {
  for await (const chunk of body) yield String(chunk).toUpperCase();
}

test("a replaced body yields what is given in its place", async (t) => {
  const notes: string[] = [];
  const body = noted(notes);
  const chunks: unknown[] = [];
  for await (const chunk of replacedBody(body, shouted(body))) chunks.push(chunk);
  t.deepEqual(chunks, ["A", "B"]);
});

test("a replaced body that is left and closed leaves and closes the one that it was made of, in this order", async (t) => {
  const notes: string[] = [];
  const body = noted(notes);
  const replaced = replacedBody(body, shouted(body));
  for await (const _ of replaced) break;
  await replaced.close?.();
  t.deepEqual(notes, ["left", "closed"]);
});

test("a replaced body that nobody has asked for a chunk closes the one that it was made of", async (t) => {
  const notes: string[] = [];
  const body = noted(notes);
  await replacedBody(body, shouted(body)).close?.();
  t.deepEqual(notes, ["closed"]);
});

test("a replaced body closes the one that it was made of though leaving its chunks fails", async (t) => {
  const notes: string[] = [];
  const chunks: AsyncIterableIterator<string> = {
    next: () => Promise.resolve({ done: false, value: "x" }),
    return: () => Promise.reject(new Error("planted")),
    [Symbol.asyncIterator]: () => chunks,
  };
  await t.throwsAsync(async () => replacedBody(noted(notes), chunks).close?.(), { message: "planted" });
  t.deepEqual(notes, ["closed"]);
});

test("a replaced body lets the head go first where the one that it was made of does", (t) => {
  const body = noted([]);
  t.false(replacedBody(body, shouted(body)).isHeadFinal);
  t.true(replacedBody({ ...body, isHeadFinal: true }, shouted(body)).isHeadFinal);
  t.true(replacedBody(body, shouted(body), true).isHeadFinal);
});
