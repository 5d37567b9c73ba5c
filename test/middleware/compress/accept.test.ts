import test from "ava";
import { chooser } from "../../../src/middleware/compress/accept.ts";

const choose = chooser(["zstd", "br", "gzip"]);

for (const [accept, expected] of [
  [undefined, undefined],
  ["", undefined],
  ["gzip", "gzip"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate, br", "br"],
  ["gzip;q=1.0, br;q=0.5", "gzip"],
  ["gzip;q=0.5", "gzip"],
  ["gzip;q=0.001", "gzip"],
  ["gzip;q=0", undefined],
  ["gzip;q=0, br", "br"],
  ["br;q=0, *", "zstd"],
  ["*", "zstd"],
  ["*;q=0", undefined],
  ["*;q=0, gzip", "gzip"],
  ["zstd;q=0, *;q=0.1", "br"],
  ["identity", undefined],
  ["identity, gzip;q=0.5", undefined],
  ["identity;q=0.5, gzip", "gzip"],
  ["identity;q=0", undefined],
  ["identity;q=0, gzip;q=0.1", "gzip"],
  ["deflate, compress", undefined],
  ["gzip ; q=0.8 , br ; q=0.9", "br"],
  [",,, gzip ,,", "gzip"],
  ["gzip;q=high", undefined],
  [";q=1", undefined],
  ["\u00ff\u0000", undefined],
] as const) {
  test(`for ${JSON.stringify(accept)} the coding is ${expected}`, (t) => {
    t.is(choose(accept), expected);
    t.is(choose(accept), expected, "asked again");
  });
}

test("among codings that a client likes as well the order of the option decides", (t) => {
  t.is(chooser(["gzip", "br"])("br, gzip"), "gzip");
  t.is(chooser(["br"])("gzip"), undefined);
  t.is(chooser([])("gzip"), undefined);
});

test("more headers than are remembered are answered as well", (t) => {
  for (let i = 0; i < 300; i++) t.is(choose(`gzip, tea-${i}`), "gzip");
  t.is(choose(`gzip, ${"x".repeat(60_000)}`), "gzip");
});
