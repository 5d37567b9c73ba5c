/** Any bytes -> packets or a documented error: the codec's decoders against the rules, in two deliveries. */
import { decodePacket, type DecodeLimits, encodePacket, type Packet, PacketDecoder } from "../../src/codec/index.ts";
import { LimitError, ProtocolError } from "../../src/errors.ts";
import { readCorpus } from "../inputs/corpus.ts";
import { PacketMutator } from "../inputs/mutate.ts";
import { hashOf, Random } from "../inputs/random.ts";
import { type Fault, type ReferencePacket, referencePacket, type Span } from "../reference/packet.ts";
import { mustHold, type Target } from "../target.ts";

/** The code under test; another one in the tests of this target. */
export interface Codec {
  decodePacket(bytes: Uint8Array, limits?: DecodeLimits): Packet | undefined;
  makeDecoder(limits: DecodeLimits): Pick<PacketDecoder, "push" | "read" | "rest" | "end">;
}

const realCodec: Codec = { decodePacket, makeDecoder: (limits) => new PacketDecoder(limits) };

/** Every error that reading packets may end with, and whether it is a limit's. */
const documented: ReadonlyMap<string, boolean> = new Map([
  ["UWSGI_TRUNCATED_PACKET", false],
  ["UWSGI_EMPTY_KEY", false],
  ["UWSGI_KEY_PAST_END", false],
  ["UWSGI_VALUE_PAST_END", false],
  ["UWSGI_TRAILING_BYTES", false],
  ["UWSGI_DATASIZE_LIMIT", true],
  ["UWSGI_VARS_LIMIT", true],
]);

const DEFAULT_MAX_VARS = 1_000;
const MAX_DATASIZE = 65_535;

/** Taken by the hash of an input; mostly the defaults. */
const limitSets: readonly DecodeLimits[] = [{}, {}, {}, {}, {}, { maxVars: 3 }, { maxDatasize: 100 }, { maxVars: 0 }];

export function packetTarget(codec: Codec = realCodec): Target {
  const mutator = new PacketMutator(readCorpus());
  return {
    name: "packets",
    share: 58,
    makeInput: (random) => mutator.makeAny(random),
    check: (input) => checkPackets(codec, input),
    repair: withDatasize,
  };
}

/** The same bytes as one packet: with the datasize that they have. */
export function withDatasize(input: Uint8Array): Uint8Array {
  const repaired = input.slice();
  const datasize = Math.min(input.length - 4, MAX_DATASIZE);
  if (datasize < 0) return repaired;
  repaired[1] = datasize & 0xff;
  repaired[2] = datasize >> 8;
  return repaired;
}

function checkPackets(codec: Codec, input: Uint8Array): void {
  const hash = hashOf(input);
  const limits = limitSets[hash & 7] as DecodeLimits;
  const { maxDatasize = MAX_DATASIZE, maxVars = DEFAULT_MAX_VARS } = limits;
  const expected = referencePacket(input, 0, maxDatasize, maxVars);
  checkAlone(codec, input, limits, expected, hash);
  // Whole, a stream goes the way of one packet: most of the time goes to the other deliveries.
  checkStream(codec, input, (hash >>> 4) % 4 === 0 ? [input] : cut(input, hash), limits);
}

/** One packet at the start of the bytes, by `decodePacket`. */
function checkAlone(
  codec: Codec,
  input: Uint8Array,
  limits: DecodeLimits,
  expected: ReferencePacket,
  hash: number,
): void {
  let packet: Packet | undefined;
  try {
    packet = codec.decodePacket(input, limits);
  } catch (error) {
    mustBeFault(error, expected.kind === "fault" ? expected.fault : undefined);
    return;
  }
  if (packet === undefined) {
    mustHold(expected.kind === "missing", "a packet is read when its bytes are there", () => expected);
    return;
  }
  mustBePacket(packet, input, 0, expected);
  if (expected.kind === "packet") checkVars(packet, input, expected, hash);
}

/** All packets of a stream that ends behind the chunks, by a `PacketDecoder`. */
function checkStream(codec: Codec, input: Uint8Array, chunks: readonly Uint8Array[], limits: DecodeLimits): void {
  const { maxDatasize = MAX_DATASIZE, maxVars = DEFAULT_MAX_VARS } = limits;
  const decoder = codec.makeDecoder(limits);
  let at = 0;
  let pushed = 0;
  let expected = referencePacket(input, 0, maxDatasize, maxVars);
  try {
    for (const chunk of chunks) {
      decoder.push(chunk);
      pushed += chunk.length;
      for (let packet = decoder.read(); packet !== undefined; packet = decoder.read()) {
        mustBePacket(packet, input, at, expected);
        mustHold(at + packet.byteLength <= pushed, "a packet is read from bytes that have come", () => [at, pushed]);
        const { buffer } = packet.payload;
        mustHold(
          buffer === input.buffer || buffer.byteLength <= packet.byteLength,
          "a packet that came in pieces holds no more memory than its own size",
          () => `${buffer.byteLength} bytes held, the packet has ${packet?.byteLength}`,
        );
        at += packet.byteLength;
        expected = referencePacket(input, at, maxDatasize, maxVars);
      }
    }
    mustHold(expected.kind === "missing", "all packets that have come are read", () => expected);
  } catch (error) {
    mustBeFault(error, expected.kind === "fault" ? expected.fault : undefined);
    return;
  }
  checkEnd(decoder, input, at);
}

/** What the end of a stream says of the bytes that are no packet, and that all of them are there. */
function checkEnd(decoder: ReturnType<Codec["makeDecoder"]>, input: Uint8Array, at: number): void {
  const left = input.length - at;
  const expected = left === 0 ? undefined : { code: "UWSGI_TRUNCATED_PACKET", offset: left };
  let isTold = false;
  try {
    decoder.end();
  } catch (error) {
    isTold = true;
    mustBeFault(error, expected);
  }
  mustHold(isTold === left > 0, "the end of a stream inside a packet is an error", () => `${left} bytes left`);
  const rest = decoder.rest();
  mustHold(Buffer.compare(rest, input.subarray(at)) === 0, "bytes that are no packet stay as they came", () => [
    rest.length,
    left,
  ]);
}

function mustBePacket(packet: Packet, input: Uint8Array, at: number, expected: ReferencePacket): void {
  mustHold(expected.kind === "packet", "what the rules refuse is no packet", () => expected);
  const { length } = expected;
  mustHold(
    packet.modifier1 === input[at] && packet.modifier2 === input[at + 3] && packet.byteLength === length,
    "the header is read as it is",
    () => [packet.modifier1, packet.datasize, packet.modifier2],
  );
  const { payload } = packet;
  mustHold(
    payload.length === length - 4 && same(payload, input, at + 4),
    "the payload is the bytes behind the header",
    () => payload.length,
  );
}

/** Names, values and their order, and that they are encoded to the bytes that they came from. */
function checkVars(
  packet: Packet,
  input: Uint8Array,
  { length, vars: expected }: { readonly length: number; readonly vars: Span[] | Fault },
  hash: number,
): void {
  let again: Uint8Array;
  try {
    const { vars } = packet;
    mustHold(Array.isArray(expected), "a block that the rules refuse has no vars", () => expected);
    mustHold(vars.size === expected.length, "all vars are read", () => [vars.size, expected.length]);
    const pairs: [string, string][] = [];
    for (let i = 0; i < expected.length; i++) {
      const { nameStart, nameEnd } = expected[i] as Span;
      const name = vars.nameAt(i);
      mustHold(name.length === nameEnd - nameStart, "a name has its own length", () => name);
      pairs.push([name, vars.valueAt(i)]);
    }
    again = encodePacket({ modifier1: packet.modifier1, modifier2: packet.modifier2, vars: pairs });
    if (pairs.length > 0) checkByName(packet, pairs, hash);
  } catch (error) {
    mustBeFault(error, Array.isArray(expected) ? undefined : expected);
    return;
  }
  mustHold(
    again.length === length && same(again, input, 0),
    "vars are encoded to the bytes that they were decoded from",
    () => Buffer.from(again).toString("hex"),
  );
}

/** What is asked by name: the last of that name. */
function checkByName({ vars }: Packet, pairs: readonly [string, string][], hash: number): void {
  const [name] = pairs[hash % pairs.length] as [string, string];
  const last = pairs.findLast(([other]) => other === name)?.[1];
  mustHold(vars.get(name) === last, "a name is answered with its last value", () => [name, vars.get(name), last]);
  if ((hash >>> 8) % 8 !== 0) return;
  const object = vars.toObject();
  const all = new Map(pairs);
  const isSame = Object.keys(object).length === all.size && [...all].every(([key, value]) => object[key] === value);
  mustHold(isSame, "an object of vars has the last value of each name", () => object);
}

/** The error must be the expected one, of the class that goes with its code; none is expected where that is undefined. */
function mustBeFault(error: unknown, expected: Fault | undefined): void {
  if (!(error instanceof ProtocolError)) throw error;
  const { code, offset } = error;
  mustHold(documented.has(code), "the code of an error is a documented one", () => code);
  mustHold(
    error instanceof LimitError === documented.get(code),
    "limits, and only limits, are LimitErrors",
    () => `${error.name} ${code}`,
  );
  mustHold(
    code === expected?.code && offset === expected.offset,
    "an error names the first fault, and where it is",
    () => `${code} at ${offset}, by the rules ${JSON.stringify(expected)}`,
  );
}

/** The same cut for the same bytes: mostly in two, else in some pieces, empty ones among them, or byte by byte. */
function cut(input: Uint8Array, hash: number): Uint8Array[] {
  const random = new Random(hash, 0, 0);
  const kind = random.below(16);
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let count = kind < 8 ? 1 : kind < 15 ? random.below(5) : 24; count > 0; count--) {
    const size = kind === 15 ? 1 : random.below(random.once(2) ? 8 : input.length + 1);
    chunks.push(input.subarray(at, at + size));
    at += size;
  }
  if (at < input.length) chunks.push(input.subarray(at));
  return chunks;
}

/** True when `bytes` stand in `whole` at `start`. */
function same(bytes: Uint8Array, whole: Uint8Array, start: number): boolean {
  return Buffer.compare(bytes, whole.subarray(start, start + bytes.length)) === 0;
}
