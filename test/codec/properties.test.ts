import test from "ava";
import fc from "fast-check";
import {
  decodeArray,
  decodePacket,
  decodeResponseHead,
  decodeVars,
  encodePacket,
  encodeResponseHead,
  type Header,
  PacketDecoder,
} from "../../src/codec/index.ts";
import { errorCode, ProtocolError } from "../../src/errors.ts";
import { cut } from "../helpers/deliveries.ts";
import { type Pair, readVectors, wholeOf } from "../helpers/vectors.ts";
import { concat, hex, packetOf, varsBlock } from "../helpers/wire.ts";

/** Enough to find mistakes, few enough for two slow cores; a failure prints seed and path. */
const RUNS = { numRuns: 500 };
const MANY_RUNS = { numRuns: 3_000 };

const latin1Unit = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const latin1Text = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: latin1Unit, minLength, maxLength });
const usualName = fc.constantFrom(
  "REQUEST_METHOD",
  "PATH_INFO",
  "QUERY_STRING",
  "HTTP_HOST",
  "HTTP_COOKIE",
  "__proto__",
);
const name = fc.oneof(usualName, latin1Text(1, 70), latin1Text(250, 300));
const value = fc.oneof({ weight: 8, arbitrary: latin1Text(0, 40) }, { weight: 1, arbitrary: latin1Text(250, 600) });
const pairs = fc.array(fc.tuple(name, value), { maxLength: 40 });
const byte = fc.integer({ min: 0, max: 255 });
const sizes = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 60 });

// A decoder that is nothing but the rules, to compare with

type Outcome = { readonly vars: Pair[] } | { readonly code: string; readonly offset: number };

/** The rules of a vars block, one after the other, without any haste. */
function naiveVars(block: Uint8Array, maxVars = 1_000): Outcome {
  const bytes = Buffer.from(block);
  const vars: Pair[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (vars.length === maxVars) return { code: "UWSGI_VARS_LIMIT", offset: at };
    if (at + 2 > bytes.length) return { code: "UWSGI_TRAILING_BYTES", offset: at };
    const keyLength = bytes.readUInt16LE(at);
    if (keyLength === 0) return { code: "UWSGI_EMPTY_KEY", offset: at };
    const valueAt = at + 2 + keyLength;
    if (valueAt > bytes.length) return { code: "UWSGI_KEY_PAST_END", offset: at };
    if (valueAt + 2 > bytes.length) return { code: "UWSGI_TRAILING_BYTES", offset: valueAt };
    const next = valueAt + 2 + bytes.readUInt16LE(valueAt);
    if (next > bytes.length) return { code: "UWSGI_VALUE_PAST_END", offset: valueAt };
    vars.push([bytes.toString("latin1", at + 2, valueAt), bytes.toString("latin1", valueAt + 2, next)]);
    at = next;
  }
  return { vars };
}

/** What the codec makes of the same block; any other throw than a ProtocolError goes on. */
function codecVars(block: Uint8Array, maxVars?: number): Outcome {
  try {
    return { vars: [...decodeVars(block, maxVars)] };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { code: error.code, offset: error.offset ?? -1 };
  }
}

/** What becomes of a stream that ends behind the chunks: packets as hex, then an error code if any. */
function stream(chunks: readonly Uint8Array[], readAtOnce: boolean): string[] {
  const decoder = new PacketDecoder();
  const seen: string[] = [];
  const readAll = (): void => {
    for (let packet = decoder.read(); packet !== undefined; packet = decoder.read()) {
      seen.push(`${packet.modifier1} ${packet.modifier2} ${hex(packet.payload)}`);
    }
  };
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      if (readAtOnce) readAll();
    }
    readAll();
    decoder.end();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    seen.push(`${error.code} at ${error.offset}: ${error.message}`);
  }
  return seen;
}

// There and back

test("vars that are encoded and decoded are the same vars", (t) => {
  fc.assert(
    fc.property(pairs, byte, byte, (vars, modifier1, modifier2) => {
      const packet = decodePacket(encodePacket({ modifier1, modifier2, vars }));
      t.deepEqual([packet?.modifier1, packet?.modifier2], [modifier1, modifier2]);
      t.is(JSON.stringify([...(packet?.vars ?? [])]), JSON.stringify(vars));
    }),
    RUNS,
  );
});

test("each way to read vars tells the same", (t) => {
  fc.assert(
    fc.property(pairs, name, (list, absent) => {
      const vars = decodeVars(varsBlock(list));
      const last = new Map(list);
      for (const wanted of [...last.keys(), absent]) {
        const bytes = vars.getBytes(wanted);
        t.is(vars.get(wanted), last.get(wanted));
        t.is(vars.has(wanted), last.has(wanted));
        t.is(bytes && Buffer.from(bytes).toString("latin1"), last.get(wanted));
        t.deepEqual(
          vars.getAll(wanted),
          list.filter(([given]) => given === wanted).map(([, given]) => given),
        );
      }
      // As entries of an object: names like "7" come first in both.
      t.deepEqual(Object.entries(vars.toObject()), Object.entries(Object.fromEntries(last)));
    }),
    { numRuns: 150 },
  );
});

test("items that are encoded and decoded are the same items", (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 100 }), (items) => {
      const packet = decodePacket(encodePacket({ modifier1: 173, items }));
      t.is(
        decodeArray(packet?.payload ?? new Uint8Array(1))
          .map(hex)
          .join(),
        items.map(hex).join(),
      );
    }),
    RUNS,
  );
});

test("a block is written as its rules say", (t) => {
  fc.assert(
    fc.property(pairs, (vars) => {
      t.is(hex(encodePacket({ vars })), hex(packetOf(varsBlock(vars))));
    }),
    RUNS,
  );
});

// Cuts

const anyPacket = fc.oneof(
  fc.tuple(pairs, byte).map(([list, modifier2]) => packetOf(varsBlock(list), 0, modifier2)),
  fc.tuple(fc.uint8Array({ maxLength: 100 }), byte).map(([payload, modifier2]) => packetOf(payload, 101, modifier2)),
);

test("any cut of a stream of packets gives the same packets and the same end", (t) => {
  fc.assert(
    fc.property(
      fc.array(anyPacket, { maxLength: 6 }),
      fc.uint8Array({ maxLength: 12 }),
      sizes,
      fc.boolean(),
      (packets, tail, cuts, readAtOnce) => {
        const whole = concat([...packets, tail]);
        t.deepEqual(stream(cut(whole, cuts), readAtOnce), stream([whole], true));
      },
    ),
    RUNS,
  );
});

test("any cut of random bytes gives the same packets or the same error", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant(0), byte), { maxLength: 80 }),
      sizes,
      fc.boolean(),
      (numbers, cuts, readAtOnce) => {
        const whole = Uint8Array.from(numbers);
        t.deepEqual(stream(cut(whole, cuts), readAtOnce), stream([whole], true));
      },
    ),
    MANY_RUNS,
  );
});

// Random and damaged bytes

test("random blocks are read or refused as the rules say", (t) => {
  // Small numbers make plausible lengths: most of these blocks get past the first pair.
  const smallOrAny = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0, 0, 0, 1, 1, 2, 3) },
    { weight: 1, arbitrary: byte },
  );
  fc.assert(
    fc.property(fc.array(smallOrAny, { maxLength: 60 }), fc.integer({ min: 0, max: 8 }), (numbers, maxVars) => {
      const block = Uint8Array.from(numbers);
      t.is(JSON.stringify(codecVars(block, maxVars)), JSON.stringify(naiveVars(block, maxVars)));
    }),
    { numRuns: 10_000 },
  );
});

test("damaged blocks are read or refused as the rules say", (t) => {
  const damage = fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(pairs, damage, fc.integer({ min: -4, max: 4 }), (list, changes, longer) => {
      const block = varsBlock(list);
      for (const [at, change] of changes) if (block.length > 0) block[at % block.length] = change;
      const damaged = longer < 0 ? block.slice(0, longer) : concat([block, new Uint8Array(longer)]);
      t.is(JSON.stringify(codecVars(damaged)), JSON.stringify(naiveVars(damaged)));
    }),
    MANY_RUNS,
  );
});

const recorded = readVectors()
  .map(wholeOf)
  .filter(({ length }) => length < 2_000);

test("damaged recordings are read or refused as the rules say", (t) => {
  const change = fc.record({ at: fc.nat({ max: 2_000 }), value: fc.oneof(byte, fc.constantFrom(0, 1, 0xff)) });
  fc.assert(
    fc.property(fc.constantFrom(...recorded), fc.array(change, { minLength: 1, maxLength: 3 }), (original, changes) => {
      const bytes = original.slice();
      for (const { at, value: changed } of changes) if (at < bytes.length) bytes[at] = changed;
      bytes[0] = 0;
      t.deepEqual(outcomeOf(bytes), expectedOf(bytes));
    }),
    MANY_RUNS,
  );
});

test("random bytes are a packet, no packet yet, or a ProtocolError", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const request = bytes.slice();
      if (request.length > 2) request[2] = 0;
      if (request.length > 0) request[0] = 0;
      t.deepEqual(outcomeOf(request), expectedOf(request));
      t.notThrows(() => outcomeOf(bytes));
    }),
    MANY_RUNS,
  );
});

test("vars of any packet are read or refused with a ProtocolError, whatever its family", (t) => {
  fc.assert(
    fc.property(byte, fc.uint8Array({ maxLength: 30 }), (modifier1, payload) => {
      const wanted = naiveVars(payload);
      const bytes = packetOf(payload, modifier1);
      t.is(JSON.stringify(outcomeOf(bytes, true)), JSON.stringify("code" in wanted ? { code: wanted.code } : wanted));
    }),
    MANY_RUNS,
  );
});

test("random arrays are items or a ProtocolError, and items fill the block", (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(0, 1, 2), byte), { maxLength: 40 }), (numbers) => {
      const block = Uint8Array.from(numbers);
      try {
        const items = decodeArray(block);
        t.is(
          items.reduce((sum, item) => sum + 2 + item.length, 0),
          block.length,
        );
      } catch (error) {
        t.true(error instanceof ProtocolError);
      }
    }),
    MANY_RUNS,
  );
});

/** Of a packet: its vars, or the code of its refusal; "not yet" while bytes are missing. */
function outcomeOf(bytes: Uint8Array, askForVars = bytes[0] === 0): unknown {
  try {
    const packet = decodePacket(bytes);
    if (packet === undefined) return "not yet";
    return askForVars ? { vars: [...packet.vars] } : hex(packet.payload);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { code: error.code };
  }
}

function expectedOf(bytes: Uint8Array): unknown {
  const end = 4 + ((bytes[1] ?? 0) | ((bytes[2] ?? 0) << 8));
  if (bytes.length < 4 || bytes.length < end) return "not yet";
  const outcome = naiveVars(bytes.subarray(4, end));
  return "code" in outcome ? { code: outcome.code } : outcome;
}

// Response heads

const tokenUnit = fc.constantFrom(..."abcXYZ019-_!~|");
const headerName = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: tokenUnit, minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: latin1Text(0, 4) },
);
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom("\r", "\n", "\0", " ", "\t", ":", "a", "é", "€"), maxLength: 6 }),
  },
);
const anyHead = fc.record({
  status: fc.integer({ min: 90, max: 1_010 }),
  reason: text,
  headers: fc.array(fc.tuple(headerName, text), { maxLength: 6 }),
});

test("a head that can be written is read back as it was, all others are refused with a code", (t) => {
  let written = 0;
  fc.assert(
    fc.property(anyHead, ({ status, reason, headers }) => {
      let bytes: Uint8Array;
      try {
        bytes = encodeResponseHead({ status, reason, headers });
      } catch (error) {
        t.true(
          ["UWSGI_INVALID_HEADER", "UWSGI_INVALID_STATUS", "UWSGI_NOT_LATIN1"].includes(errorCode(error) ?? ""),
          String(error),
        );
        return;
      }
      written++;
      t.deepEqual(decodeResponseHead(bytes), { status, reason, headers, form: "http", byteLength: bytes.length });
    }),
    MANY_RUNS,
  );
  t.true(written > 300, `only ${written} of the heads could be written`);
});

test("random bytes are a head, no head yet, or a ProtocolError", (t) => {
  const piece = fc.constantFrom(
    "HTTP/1.1 200 OK",
    "Status: 404",
    "A: b",
    ": ",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\0",
    "x",
    "Location: /",
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.array(piece, { maxLength: 10 }).map((parts) => new Uint8Array(Buffer.from(parts.join(""), "latin1"))),
  );
  fc.assert(
    fc.property(bytes, (head) => {
      try {
        const read = decodeResponseHead(head, { maxHeadBytes: 60 });
        t.true(read === undefined || (read.byteLength <= 60 && read.status >= 100 && read.status <= 999));
      } catch (error) {
        t.true(error instanceof ProtocolError, String(error));
      }
    }),
    MANY_RUNS,
  );
});

test("a head that was read does not depend on what follows it", (t) => {
  fc.assert(
    fc.property(anyHead, fc.uint8Array({ maxLength: 20 }), ({ status, headers }, body) => {
      const sound: Header[] = headers.filter(([given, content]) => /^[\w-]+$/.test(given) && /^[!-~]*$/.test(content));
      const head = encodeResponseHead({ status: Math.min(Math.max(status, 100), 999), headers: sound });
      t.deepEqual(decodeResponseHead(concat([head, body])), decodeResponseHead(head));
    }),
    RUNS,
  );
});
