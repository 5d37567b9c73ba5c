import { createHash } from "node:crypto";
import test from "ava";
import { decodeArray, decodePacket, encodePacket, type Packet, type PacketInit } from "../../src/codec/index.ts";
import { cut, ways } from "../helpers/deliveries.ts";
import { boundariesOf, type Pair, readVector, readVectors, type Vector, wholeOf } from "../helpers/vectors.ts";
import { faultOf, hex, receive } from "../helpers/wire.ts";

const all = readVectors();
const decodable = all.filter(({ header, varsCount }) => header !== undefined && varsCount === undefined);
const refused = all.filter((vector) => vector.refused !== undefined);

/** What a packet says, in the words of the vectors; a string, because many thousands are compared. */
function told(packet: Packet, like: Vector): string {
  const { modifier1, datasize, modifier2 } = packet;
  const header = { modifier1, datasize, modifier2 };
  if (like.vars !== undefined) return JSON.stringify({ header, vars: [...packet.vars] });
  if (like.items !== undefined) return JSON.stringify({ header, items: decodeArray(packet.payload).map(text) });
  return JSON.stringify({ header, payload: hex(packet.payload) });
}

function expected({ header, vars, items, packet }: Vector): string {
  if (vars !== undefined) return JSON.stringify({ header, vars });
  if (items !== undefined) return JSON.stringify({ header, items });
  return JSON.stringify({ header, payload: hex(packet.subarray(4)) });
}

/** A packet as input for the encoder, in the form that the vector has. */
function contentOf(packet: Packet, { vars, items }: Vector): PacketInit {
  const { modifier1, modifier2, payload } = packet;
  if (vars !== undefined) return { modifier1, modifier2, vars: packet.vars };
  if (items !== undefined) return { modifier1, modifier2, items: decodeArray(payload) };
  return { modifier1, modifier2, payload };
}

function decoded(bytes: Uint8Array): Packet {
  const packet = decodePacket(bytes);
  if (packet === undefined) throw new Error("the packet is not whole");
  return packet;
}

/** The pairs of a sound packet, read without the codec. */
function readPairs(packet: Uint8Array): Pair[] {
  const bytes = Buffer.from(packet);
  const pairs: Pair[] = [];
  for (let at = 4; at < bytes.length;) {
    const value = at + 2 + bytes.readUInt16LE(at);
    const next = value + 2 + bytes.readUInt16LE(value);
    pairs.push([bytes.toString("latin1", at + 2, value), bytes.toString("latin1", value + 2, next)]);
    at = next;
  }
  return pairs;
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

for (const vector of decodable) {
  const bytes = wholeOf(vector);
  const body = vector.body?.bytes ?? new Uint8Array(0);
  for (const [way, deliveries] of ways(bytes, boundariesOf(vector))) {
    test(`${vector.name} is decoded to what was sent, ${way}`, (t) => {
      const wanted = expected(vector);
      for (const [how, chunks] of deliveries) {
        const received = receive(chunks);
        const seen = "packet" in received ? told(received.packet, vector) : JSON.stringify(received);
        if (seen !== wanted) t.deepEqual(JSON.parse(seen), JSON.parse(wanted), how);
        const behind = "packet" in received ? received.behind : undefined;
        t.true(behind !== undefined && Buffer.compare(behind, body) === 0, `${how}: other bytes behind the packet`);
      }
    });
  }

  test(`${vector.name} is encoded to the bytes it was decoded from`, (t) => {
    t.is(hex(encodePacket(contentOf(decoded(vector.packet), vector))), hex(vector.packet));
  });

  test(`${vector.name} has the body that its checksum names`, (t) => {
    if (vector.body?.bytes === undefined) {
      t.is(vector.name, "nginx/tcp-put-10mb");
      return;
    }
    const { length, sha256 } = vector.body;
    t.deepEqual({ length: body.length, sha256: createHash("sha256").update(body).digest("hex") }, { length, sha256 });
  });
}

for (const vector of all.filter(({ reads }) => reads !== undefined)) {
  test(`${vector.name} is decoded to what was sent, in the pieces in which it arrived`, (t) => {
    const received = receive(cut(wholeOf(vector), vector.reads ?? []));
    t.is("packet" in received ? told(received.packet, vector) : JSON.stringify(received), expected(vector));
  });
}

for (const vector of refused) {
  const { code, offset } = vector.refused ?? { code: "", offset: -1 };
  for (const [way, deliveries] of ways(vector.packet)) {
    test(`${vector.name} is refused with ${code}, ${way}`, (t) => {
      const first = receive([vector.packet]);
      for (const [how, chunks] of deliveries) {
        const received = receive(chunks);
        const fault = "fault" in received ? received.fault : undefined;
        t.like(fault, { name: "ProtocolError", code, offset }, how);
        t.deepEqual(received, first, how);
      }
    });
  }
}

const manyVars = readVector("unusual/vars-5000");

for (const [way, deliveries] of ways(manyVars.packet, boundariesOf(manyVars))) {
  test(`5 000 vars are too many by default, ${way}`, (t) => {
    for (const [how, chunks] of deliveries) {
      t.deepEqual(
        receive(chunks),
        {
          fault: {
            name: "LimitError",
            code: "UWSGI_VARS_LIMIT",
            offset: 9_015,
            message: "more than 1000 vars in one block, at most 1000 are allowed",
          },
        },
        how,
      );
    }
  });

  test(`5 000 vars are decoded when the limit allows them, ${way}`, (t) => {
    const wanted = JSON.stringify(readPairs(manyVars.packet));
    for (const [how, chunks] of deliveries) {
      const received = receive(chunks, { maxVars: 5_010 });
      const seen = "packet" in received ? JSON.stringify([...received.packet.vars]) : JSON.stringify(received);
      if (seen !== wanted) t.deepEqual(JSON.parse(seen), JSON.parse(wanted), how);
      t.true(seen === wanted, how);
    }
  });
}

test("5 000 vars are encoded to the bytes they were decoded from", (t) => {
  const vars = decodePacket(manyVars.packet, { maxVars: 5_010 })?.vars;
  t.is(Buffer.compare(encodePacket({ vars: vars ?? [] }), manyVars.packet), 0);
});

test("the vectors hold every kind of client that was recorded", (t) => {
  const counts = new Map<string, number>();
  for (const { name } of all) {
    const family = name.split("/")[0] ?? "";
    counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  t.deepEqual(Object.fromEntries(counts), {
    apache: 10,
    families: 40,
    foreign: 3,
    lighttpd: 7,
    malformed: 39,
    nginx: 29,
    "nginx-1.31": 4,
    tools: 4,
    unusual: 8,
    uwsgi: 12,
  });
});

test("a plain HTTP request is an unfinished packet of modifier1 71 and 21 573 bytes", (t) => {
  const { packet } = readVector("foreign/http-request");
  const fault = faultOf(() => decodePacket(packet, { maxDatasize: 21_572 }));
  t.is(fault?.message, "datasize of 21573 bytes, at most 21572 are allowed");
});
