/** Where the front end compresses: only what it must leave alone is marked. */
import test from "ava";
import { ask, outcome, respond, TEXT } from "./ask.ts";

const by = { by: "front-end" } as const;

for (const [what, headers, options, expected] of [
  ["for everybody", [], {}, "- -"],
  ["that sets a cookie", [["Set-Cookie", "a=b"]], {}, "identity -"],
  ["that sets a cookie, where secrets are not asked for", [["Set-Cookie", "a=b"]], { secrets: "compress" }, "- -"],
  ["with no-transform", [["Cache-Control", "no-transform"]], {}, "identity -"],
  ["that the filter refuses", [], { filter: () => false }, "identity -"],
  [
    "that has a coding",
    [
      ["Content-Encoding", "br"],
      ["Set-Cookie", "a=b"],
    ],
    {},
    "br -",
  ],
  [
    "that is marked already",
    [
      ["Content-Encoding", "identity"],
      ["Set-Cookie", "a=b"],
    ],
    {},
    "identity -",
  ],
  [
    "of an image",
    [
      ["Content-Type", "image/png"],
      ["Set-Cookie", "a=b"],
    ],
    {},
    "- -",
  ],
] as const) {
  test(`an answer ${what}: ${expected}`, async (t) => {
    const answer = await ask(respond(TEXT, headers), { compress: { ...by, ...options } });
    t.is(outcome(answer), expected);
    t.is(Buffer.from(answer.body).toString(), TEXT);
  });
}

test("tags are the front end's to weaken", async (t) => {
  t.is((await ask(respond(TEXT, [["ETag", '"one"']]), { compress: by })).get("ETag"), '"one"');
});
