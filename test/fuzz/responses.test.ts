import test from "ava";
import { type MakeDecoder, responseTarget } from "../../fuzz/targets/responses.ts";
import { ResponseDecoder } from "../../src/client/response-decoder.ts";
import { latin1 } from "../helpers/wire.ts";
import { hunt } from "../helpers/hunt.ts";

/** Decoders with one mistake each. */
const mutants: readonly (readonly [what: string, make: MakeDecoder])[] = [
  [
    "takes every end for a good one",
    (options) => {
      const decoder = new ResponseDecoder(options);
      const end = decoder.end.bind(decoder);
      decoder.end = () => (decoder.isBegun ? undefined : end());
      return decoder;
    },
  ],
  ["forgets that the request was a HEAD", (options) => new ResponseDecoder({ ...options, isHead: false })],
  ["decodes chunks that it was to refuse", (options) => new ResponseDecoder({ ...options, chunked: "decode" })],
  ["has another limit", (options) => new ResponseDecoder({ ...options, maxHeadBytes: options.maxHeadBytes + 1 })],
  [
    "hands out what lies behind the length",
    (options) => {
      const decoder = new ResponseDecoder(options);
      const push = decoder.push.bind(decoder);
      decoder.push = (bytes) => {
        const before = decoder.isBegun;
        const piece = push(bytes);
        return before && decoder.excessBytes > 0 ? bytes : piece;
      };
      return decoder;
    },
  ],
  [
    "does not see a head that ends between two pieces",
    (options) => {
      const decoder = new ResponseDecoder(options);
      const push = decoder.push.bind(decoder);
      decoder.push = (bytes) => push(bytes.length === 1 && bytes[0] === 10 ? latin1("\r") : bytes);
      return decoder;
    },
  ],
];

test("responses hold to their rules", async (t) => {
  t.is(await hunt(responseTarget(), 5_000), undefined);
});

for (const [what, make] of mutants) {
  test(`a decoder that ${what} is found`, async (t) => {
    t.truthy(await hunt(responseTarget(make), 20_000));
  });
}
