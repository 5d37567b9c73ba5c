/** What the head says of what was compressed. */
import test from "ava";
import { ask, outcome, respond, TEXT } from "./ask.ts";

for (const [given, expected] of [
  [[], "Accept-Encoding"],
  [["Origin"], "Origin, Accept-Encoding"],
  [["Origin, accept-encoding"], "Origin, accept-encoding"],
  [["Origin", "Cookie"], "Origin, Cookie, Accept-Encoding"],
  [["*"], "*"],
] as const) {
  test(`Vary ${JSON.stringify(given)} becomes ${expected}`, async (t) => {
    const headers = given.map((value) => ["Vary", value] as const);
    t.is(outcome(await ask(respond(TEXT, headers))), `gzip ${expected}`);
  });
}

for (const accept of ["identity", "gzip;q=0", "tea", ""]) {
  test(`a client that takes ${JSON.stringify(accept)} gets the answer as it is, with a Vary`, async (t) => {
    const answer = await ask(respond(TEXT, [["ETag", '"one"']]), { headers: { "Accept-Encoding": accept } });
    t.is(outcome(answer), "- Accept-Encoding");
    t.is(answer.get("ETag"), '"one"');
    t.is(Buffer.from(answer.body).toString(), TEXT);
  });
}

for (const [given, expected] of [
  ['"one"', 'W/"one"'],
  ['W/"one"', 'W/"one"'],
  ["one", "one"],
] as const) {
  test(`the tag ${given} of what is compressed becomes ${expected}`, async (t) => {
    t.is((await ask(respond(TEXT, [["etag", given]]))).get("ETag"), expected);
  });
}

test("what was said of the bytes as they were is gone, all else stays in its order", async (t) => {
  const answer = await ask(
    respond(TEXT, [
      ["X-One", "1"],
      ["Content-Length", String(TEXT.length)],
      ["accept-ranges", "bytes"],
      ["Content-MD5", "x"],
      ["Repr-Digest", "x"],
      ["Content-Digest", "x"],
      ["Digest", "x"],
      ["X-Two", "2"],
    ]),
  );
  t.deepEqual(
    answer.headers.map(([name]) => name),
    ["Content-Type", "X-One", "X-Two", "Vary", "Content-Encoding", "Content-Length"],
  );
  t.is(answer.get("Content-Length"), String(answer.body.length));
});

test("a stream has no Content-Length when it is compressed", async (t) => {
  async function* body(): AsyncGenerator<string, void> {
    yield TEXT;
  }
  const answer = await ask(respond(body(), [["Content-Length", String(TEXT.length)]]));
  t.deepEqual([outcome(answer), answer.get("Content-Length")], ["gzip Accept-Encoding", undefined]);
});

test("a HEAD has the headers of the GET, but for what only the body could tell", async (t) => {
  for (const body of [TEXT, Buffer.from(TEXT), [TEXT], null]) {
    const headers = [
      ["ETag", '"one"'],
      ["Content-Length", String(TEXT.length)],
    ] as const;
    const answer = await ask(respond(body, headers), { method: "HEAD" });
    t.deepEqual(
      ["Vary", "ETag", "Content-Length", "Content-Encoding"].map((name) => answer.get(name)),
      ["Accept-Encoding", 'W/"one"', undefined, undefined],
    );
  }
});

test("a HEAD of what is small has the length of the GET", async (t) => {
  const answer = await ask(respond(null, [["Content-Length", "12"]]), { method: "HEAD" });
  t.deepEqual([outcome(answer), answer.get("Content-Length")], ["- -", "12"]);
  t.is((await ask(respond("hello"), { method: "HEAD" })).get("Content-Length"), "5");
});

test("a HEAD closes a stream, and reads nothing of it", async (t) => {
  const seen: string[] = [];
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: async () => (seen.push("next"), { done: true, value: undefined } as const),
    }),
    close: () => void seen.push("close"),
  };
  const answer = await ask(respond(body), { method: "HEAD" });
  t.deepEqual([answer.get("Vary"), ...seen], ["Accept-Encoding", "close"]);
});

for (const [held, expected, vary] of [
  ['W/"one"', 'W/"one"', "Accept-Encoding"],
  ['W/"two", W/"one"', 'W/"one"', "Accept-Encoding"],
  ['"one"', '"one"', undefined],
  ['"one", W/"one"', '"one"', undefined],
  ["*", '"one"', undefined],
  [undefined, '"one"', undefined],
] as const) {
  test(`a 304 for a client that holds ${held} has the tag ${expected}`, async (t) => {
    const headers = held === undefined ? {} : { "If-None-Match": held };
    const answer = await ask({ status: 304, headers: [["ETag", '"one"']], body: null }, { headers });
    t.deepEqual([answer.status, answer.get("ETag"), answer.get("Vary")], [304, expected, vary]);
  });
}

test("what a client was given with its tag is fresh with the 304 that it is answered then", async (t) => {
  const first = await ask(respond(TEXT, [["ETag", '"one"']]));
  const tag = first.get("ETag") ?? "";
  const second = await ask(
    { status: 304, headers: [["ETag", '"one"']], body: null },
    { headers: { "If-None-Match": tag } },
  );
  t.is(second.get("ETag"), tag);
});
