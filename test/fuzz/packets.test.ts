import test from "ava";
import { shrink } from "../../fuzz/shrink.ts";
import { type Codec, packetTarget } from "../../fuzz/targets/packets.ts";
import { type DecodeLimits, decodePacket, encodePacket, type Packet, PacketDecoder } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import { hunt } from "../helpers/hunt.ts";

const makeDecoder: Codec["makeDecoder"] = (limits) => new PacketDecoder(limits);

/** As uWSGI: a key length that is too long is passed over, and what came before it is taken. */
function resynchronising(bytes: Uint8Array, limits?: DecodeLimits): Packet | undefined {
  try {
    return decodePacket(bytes, limits);
  } catch (error) {
    if (errorCode(error) !== "UWSGI_KEY_PAST_END") throw error;
    const sound = bytes.slice(0, (error as { offset?: number }).offset);
    sound[1] = (sound.length - 4) & 0xff;
    sound[2] = (sound.length - 4) >> 8;
    return decodePacket(sound, limits);
  }
}

/** Keeps the last of each name only. */
function lastWins(bytes: Uint8Array, limits?: DecodeLimits): Packet | undefined {
  const packet = decodePacket(bytes, limits);
  if (packet === undefined || packet.modifier1 !== 0) return packet;
  return decodePacket(encodePacket({ modifier2: packet.modifier2, vars: packet.vars.toObject() }), limits);
}

/** Takes a packet for whole that lacks its last byte. */
function offByOne(bytes: Uint8Array, limits?: DecodeLimits): Packet | undefined {
  return decodePacket(bytes, limits) ?? decodePacket(Buffer.concat([bytes, new Uint8Array(1)]), limits);
}

function oneVarTooMany(bytes: Uint8Array, limits: DecodeLimits = {}): Packet | undefined {
  return decodePacket(bytes, { ...limits, maxVars: (limits.maxVars ?? 1_000) + 1 });
}

function ofAnotherClass(bytes: Uint8Array, limits?: DecodeLimits): Packet | undefined {
  try {
    return decodePacket(bytes, limits);
  } catch (error) {
    throw Object.assign(new RangeError(), { code: errorCode(error) });
  }
}

/** Forgets a chunk of one byte. */
class Forgetful extends PacketDecoder {
  override push(chunk: Uint8Array): void {
    if (chunk.length !== 1) super.push(chunk);
  }
}

/** Keeps room for the largest packet that there can be. */
class Greedy extends PacketDecoder {
  override read(): Packet | undefined {
    const packet = super.read();
    if (packet === undefined) return undefined;
    const room = new Uint8Array(65_539);
    room.set([packet.modifier1, packet.datasize & 0xff, packet.datasize >> 8, packet.modifier2]);
    room.set(packet.payload, 4);
    return decodePacket(room);
  }
}

/** Says nothing of an end inside of a packet. */
class Silent extends PacketDecoder {
  override end(): void {}
}

test("the decoders hold to their rules", async (t) => {
  t.is(await hunt(packetTarget(), 3_000), undefined);
});

for (const [what, codec] of [
  ["goes on behind a key that is too long", { decodePacket: resynchronising, makeDecoder }],
  ["keeps only the last var of a name", { decodePacket: lastWins, makeDecoder }],
  ["takes a packet that lacks a byte", { decodePacket: offByOne, makeDecoder }],
  ["allows one var too many", { decodePacket: oneVarTooMany, makeDecoder }],
  ["throws another class of errors", { decodePacket: ofAnotherClass, makeDecoder }],
  ["loses a byte that comes alone", { decodePacket, makeDecoder: (limits) => new Forgetful(limits) }],
  ["holds more than its packet", { decodePacket, makeDecoder: (limits) => new Greedy(limits) }],
  ["does not mind a stream that ends too early", { decodePacket, makeDecoder: (limits) => new Silent(limits) }],
] satisfies [string, Codec][]) {
  test(`a decoder that ${what} is found`, async (t) => {
    t.truthy(await hunt(packetTarget(codec), 3_000));
  });
}

test("a finding is shrunk to a packet of a few bytes", async (t) => {
  const target = packetTarget({ decodePacket: resynchronising, makeDecoder });
  const found = await hunt(target, 3_000);
  if (found === undefined) throw new Error("nothing found");
  const { input } = await shrink(target, found, 5_000);
  t.true(input.length < found.input.length);
  t.true(input.length <= 12, `${input.length} bytes`);
});
