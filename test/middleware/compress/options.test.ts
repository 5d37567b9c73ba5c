import test from "ava";
import { compress } from "../../../src/middleware/compress/index.ts";
import { ask, outcome, respond } from "./ask.ts";

for (const [given, message] of [
  [{ thresholdBytes: "x" }, 'compress: thresholdBytes is "x", a whole number from 0 is needed'],
  [{ gzipLevel: 0 }, "compress: gzipLevel is 0, a whole number from 1 to 9 is needed"],
  [{ brotliQuality: 12 }, "compress: brotliQuality is 12, a whole number from 0 to 11 is needed"],
  [{ zstdLevel: 20 }, "compress: zstdLevel is 20, a whole number from 1 to 19 is needed"],
  [{ encodings: ["deflate"] }, 'compress: encodings is ["deflate"], a list, each "zstd", "br" or "gzip", is needed'],
  [{ types: ["html"] }, 'compress: types is ["html"], a list, each a type such as text/html or text/*, is needed'],
  [{ secrets: true }, 'compress: secrets is true, "skip" or "compress" is needed'],
  [{ by: "nginx" }, 'compress: by is "nginx", "here" or "front-end" is needed'],
  [{ filter: "text" }, 'compress: filter is "text", a function is needed'],
  [{ treshold: 5 }, "compress: there is no option treshold, did you mean thresholdBytes?"],
] as const) {
  test(`refused: ${message}`, (t) => {
    t.throws(() => compress(given as never), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

test("the middleware is called compress", (t) => {
  t.is(compress().title, "compress");
});

test("a coding that the runtime has not is left out", async (t) => {
  const answer = await ask(respond(), {
    headers: { "Accept-Encoding": "zstd, gzip" },
    compress: { encodings: ["zstd", "gzip"] },
  });
  t.regex(outcome(answer), /^(?:zstd|gzip) Accept-Encoding$/);
});

test("a higher level makes the answer no longer", async (t) => {
  const text = Array.from({ length: 3_000 }, (_, i) => `item ${(i * 7_919) % 1_009} of ${i % 17};`).join("");
  for (const [coding, low, high] of [
    ["gzip", { gzipLevel: 1 }, { gzipLevel: 9 }],
    ["br", { brotliQuality: 0 }, { brotliQuality: 9 }],
  ] as const) {
    const headers = { "Accept-Encoding": coding };
    const quick = await ask(respond(text), { headers, compress: low });
    const small = await ask(respond(text), { headers, compress: high });
    t.true(small.body.length < quick.body.length, coding);
  }
});
