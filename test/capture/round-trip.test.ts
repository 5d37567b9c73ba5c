import test from "ava";
import fc from "fast-check";
import { decodeStream, formatText, isSound, parseJson, parseText, toJson } from "../../src/capture/index.ts";
import { encodePacket } from "../../src/codec/index.ts";
import { readVectors, type Vector } from "../helpers/vectors.ts";

const vectors = readVectors().filter(({ body }) => body === undefined || body.bytes !== undefined);

/** The bytes again, by way of both forms. */
function again(bytes: Uint8Array): { text: Buffer; json: Buffer } {
  const stream = { parts: decodeStream(bytes), notes: [] };
  return {
    text: Buffer.concat(parseText([...formatText([stream])].join(""))),
    json: Buffer.concat(parseJson(JSON.stringify(toJson([stream])))),
  };
}

function wholeOf({ packet, body }: Vector): Buffer {
  return Buffer.concat([packet, body?.bytes ?? new Uint8Array(0)]);
}

for (const [what, some] of [
  ["packet that is sound", vectors.filter(({ refused }) => refused === undefined)],
  ["packet that is broken", vectors.filter(({ refused }) => refused !== undefined)],
] as const) {
  test(`every ${what} of the vectors can be made again of its text and of its JSON`, (t) => {
    t.true(some.length > 10);
    for (const vector of some) {
      const bytes = wholeOf(vector);
      const made = again(bytes);
      t.true(made.text.equals(bytes), `${vector.name} as text`);
      t.true(made.json.equals(bytes), `${vector.name} as JSON`);
    }
  });
}

test("answers of uWSGI to packets of its families can be made again", (t) => {
  const answers = vectors.flatMap(({ answer }) => (answer === undefined ? [] : [answer]));
  t.true(answers.length > 5);
  for (const answer of answers) t.true(again(answer).text.equals(answer));
});

test("what a strict decoder refuses in a packet is a fault with its code and its place", (t) => {
  let seen = 0;
  for (const vector of vectors) {
    if (vector.refused === undefined || vector.name.startsWith("foreign/")) continue;
    const [first] = decodeStream(wholeOf(vector));
    if (first?.kind !== "raw" || first.fault === undefined) continue;
    seen++;
    t.is(first.fault.code, vector.refused.code, vector.name);
    t.is(first.fault.offset, vector.refused.offset, vector.name);
  }
  t.true(seen > 10, `${seen}`);
});

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

test("any bytes can be made again of both forms, and decoding them never fails", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const made = again(bytes);
      return made.text.equals(bytes) && made.json.equals(bytes);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("any packet with anything behind it can be made again of both forms", (t) => {
  const vars = fc.array(
    fc.tuple(
      latin1.filter((name) => name !== ""),
      latin1,
    ),
    { maxLength: 6 },
  );
  const input = fc.record({
    modifier1: fc.integer({ min: 0, max: 255 }),
    modifier2: fc.integer({ min: 0, max: 255 }),
    vars,
  });
  fc.assert(
    fc.property(input, fc.uint8Array({ maxLength: 40 }), (packet, behind) => {
      const bytes = Buffer.concat([encodePacket(packet), behind]);
      const made = again(bytes);
      return made.text.equals(bytes) && made.json.equals(bytes);
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("every byte of a stream is in exactly one part, wherever the stream is cut", (t) => {
  const post = encodePacket({ vars: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "5" } });
  const bytes = Buffer.concat([post, Buffer.from("hello"), encodePacket({ modifier1: 100 })]);
  for (let end = 0; end <= bytes.length; end++) {
    const parts = decodeStream(bytes.subarray(0, end));
    let at = 0;
    for (const part of parts) {
      t.is(part.offset, at);
      if (part.kind === "packet") at += 4 + part.datasize;
      else at += part.kind === "response" ? part.head.length : part.bytes.length;
    }
    t.is(at, end);
    t.is(isSound(parts), [0, post.length + 5, bytes.length].includes(end), `cut at ${end}`);
  }
});
