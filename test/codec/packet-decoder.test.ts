import test from "ava";
import { type Packet, PacketDecoder } from "../../src/codec/index.ts";
import { deliveries, pieces, ways } from "../helpers/deliveries.ts";
import { readVector } from "../helpers/vectors.ts";
import { concat, faultOf, hex, latin1, packetOf, varsBlock, wire } from "../helpers/wire.ts";

const request = packetOf(
  varsBlock([
    ["REQUEST_METHOD", "GET"],
    ["PATH_INFO", "/"],
  ]),
);
const ping = wire("64 00 00 00");
const pong = wire('64 04 00 01 "disk"');

function readAll(decoder: PacketDecoder): Packet[] {
  const packets: Packet[] = [];
  for (let packet = decoder.read(); packet !== undefined; packet = decoder.read()) packets.push(packet);
  return packets;
}

function pushAll(decoder: PacketDecoder, chunks: Iterable<Uint8Array>): PacketDecoder {
  for (const chunk of chunks) decoder.push(chunk);
  return decoder;
}

test("a decoder that got nothing has no packet, no rest and a clean end", (t) => {
  const decoder = new PacketDecoder();
  t.is(decoder.read(), undefined);
  t.is(decoder.rest().length, 0);
  t.notThrows(() => decoder.end());
});

test("read is undefined while bytes are missing", (t) => {
  const decoder = new PacketDecoder();
  const early = pieces(request.subarray(0, -1), 1).map((byte) => {
    decoder.push(byte);
    return decoder.read();
  });
  t.true(early.every((packet) => packet === undefined));
  decoder.push(request.subarray(-1));
  t.is(decoder.read()?.vars.get("PATH_INFO"), "/");
});

const several = concat([ping, request, pong, request, wire("00 00 00 00")]);

for (const [way, family] of ways(several)) {
  test(`five packets in a row are five packets, ${way}`, (t) => {
    for (const [how, chunks] of family) {
      const packets = readAll(pushAll(new PacketDecoder(), chunks));
      t.deepEqual(
        packets.map(({ modifier1, payload, modifier2 }) => [modifier1, hex(payload), modifier2]),
        [
          [100, "", 0],
          [0, hex(request.subarray(4)), 0],
          [100, hex(latin1("disk")), 1],
          [0, hex(request.subarray(4)), 0],
          [0, "", 0],
        ],
        how,
      );
    }
  });

  test(`packets that are read chunk by chunk are the same, ${way}`, (t) => {
    for (const [how, chunks] of family) {
      const decoder = new PacketDecoder();
      const packets = chunks.flatMap((chunk) => readAll(pushAll(decoder, [chunk])));
      t.deepEqual(
        packets.map(({ byteLength }) => byteLength),
        [4, request.length, 8, request.length, 4],
        how,
      );
      t.notThrows(() => decoder.end(), how);
    }
  });
}

test("a packet stays whole while later ones are read", (t) => {
  const decoder = new PacketDecoder();
  const names = ["/one", "/two", "/three"];
  const packets = names.flatMap((path) =>
    readAll(pushAll(decoder, pieces(packetOf(varsBlock([["PATH_INFO", path]])), 3))),
  );
  t.deepEqual(
    packets.map(({ vars }) => vars.get("PATH_INFO")),
    names,
  );
});

// What follows a packet

test("rest is a view of the chunk that was pushed", (t) => {
  const chunk = concat([request, latin1("body")]);
  const decoder = pushAll(new PacketDecoder(), [chunk]);
  decoder.read();
  const rest = decoder.rest();
  t.is(rest.buffer, chunk.buffer);
  t.is(rest.byteOffset, chunk.byteOffset + request.length);
  t.deepEqual(rest, latin1("body"));
});

test("rest is a view of its chunk too when the packet began in an earlier one", (t) => {
  const last = concat([request.subarray(10), latin1("body")]);
  const decoder = pushAll(new PacketDecoder(), [request.subarray(0, 10), last]);
  t.is(decoder.read()?.byteLength, request.length);
  const rest = decoder.rest();
  t.is(rest.buffer, last.buffer);
  t.deepEqual(rest, latin1("body"));
});

test("rest joins the chunks that are waiting", (t) => {
  const decoder = pushAll(new PacketDecoder(), [request, latin1("one "), latin1("two "), latin1("three")]);
  decoder.read();
  t.deepEqual(decoder.rest(), latin1("one two three"));
});

test("rest is empty when the packet was all there was", (t) => {
  const decoder = pushAll(new PacketDecoder(), [request]);
  decoder.read();
  t.is(decoder.rest().length, 0);
});

test("rest forgets what it handed out", (t) => {
  const decoder = pushAll(new PacketDecoder(), [concat([request, latin1("body")])]);
  decoder.read();
  decoder.rest();
  t.is(decoder.rest().length, 0);
  t.is(decoder.read(), undefined);
  t.notThrows(() => decoder.end());
});

test("rest has the bytes of a packet that is not whole", (t) => {
  const decoder = pushAll(new PacketDecoder(), pieces(request.subarray(0, 20), 3));
  t.is(decoder.read(), undefined);
  t.deepEqual(decoder.rest(), request.slice(0, 20));
});

test("after rest the next bytes are the start of a packet", (t) => {
  const decoder = pushAll(new PacketDecoder(), [concat([request, latin1("hello")])]);
  decoder.read();
  decoder.rest();
  t.like(pushAll(decoder, [ping]).read(), { modifier1: 100 });
});

test("a body that is itself a packet is not read once rest has taken it", (t) => {
  const { packet, body } = readVector("malformed/body-then-packet");
  const decoder = pushAll(new PacketDecoder(), [packet, body?.bytes ?? new Uint8Array(0)]);
  decoder.read();
  t.is(decoder.rest().length, 220);
  t.is(decoder.read(), undefined);
});

test("a chunk is not changed", (t) => {
  const chunk = concat([request, latin1("body")]);
  const before = chunk.slice();
  const decoder = pushAll(new PacketDecoder(), [chunk]);
  decoder.read();
  decoder.rest();
  t.deepEqual(chunk, before);
});

test("a packet that lies whole in one chunk is not copied", (t) => {
  const chunk = concat([ping, request]);
  const decoder = pushAll(new PacketDecoder(), [chunk]);
  decoder.read();
  t.is(decoder.read()?.payload.buffer, chunk.buffer);
});

test("empty chunks are nothing", (t) => {
  const decoder = new PacketDecoder();
  const empty = new Uint8Array(0);
  for (const byte of pieces(request, 1)) pushAll(decoder, [empty, byte, empty]);
  t.is(decoder.read()?.vars.size, 2);
  t.is(decoder.rest().length, 0);
});

test("a header that announces 65 535 bytes costs no memory before they come", (t) => {
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 200 }, () => pushAll(new PacketDecoder(), [wire('00 FF FF 00 0E 00 "REQ"')]));
  for (const decoder of decoders) decoder.read();
  t.true(process.memoryUsage().arrayBuffers - before < 200 * 10_000);
});

test("the largest packet is read byte by byte", (t) => {
  const { packet } = readVector("unusual/datasize-65535-valid");
  const decoder = new PacketDecoder();
  let read: Packet | undefined;
  for (const byte of pieces(packet, 1)) {
    decoder.push(byte);
    read = decoder.read();
  }
  t.is(read?.datasize, 65_535);
  t.is(read?.vars.size, 11);
});

// The end

for (const [length, message] of [
  [1, "the stream ended after 1 bytes of a packet, a header has 4"],
  [3, "the stream ended after 3 bytes of a packet, a header has 4"],
  [4, `the stream ended after 4 bytes of a packet, the header announces ${request.length}`],
  [20, `the stream ended after 20 bytes of a packet, the header announces ${request.length}`],
] as const) {
  test(`a stream that ends after ${length} bytes of a packet is refused`, (t) => {
    for (const size of [1, 2, 100]) {
      const decoder = pushAll(new PacketDecoder(), pieces(request.subarray(0, length), size));
      t.is(decoder.read(), undefined);
      t.deepEqual(
        faultOf(() => decoder.end()),
        { name: "ProtocolError", code: "UWSGI_TRUNCATED_PACKET", offset: length, message },
      );
    }
  });
}

test("a stream that ends behind a packet ends well", (t) => {
  const decoder = pushAll(new PacketDecoder(), pieces(concat([ping, request]), 5));
  t.is(readAll(decoder).length, 2);
  t.notThrows(() => decoder.end());
});

test("the second of two packets may be the truncated one", (t) => {
  const decoder = pushAll(new PacketDecoder(), [concat([ping, request.subarray(0, 6)])]);
  t.is(readAll(decoder).length, 1);
  t.like(
    faultOf(() => decoder.end()),
    { code: "UWSGI_TRUNCATED_PACKET", offset: 6 },
  );
});

test("a stream that ends inside a packet has ended so each time it is asked", (t) => {
  const decoder = pushAll(new PacketDecoder(), [request.subarray(0, 6)]);
  decoder.read();
  const first = faultOf(() => decoder.end());
  t.is(first?.code, "UWSGI_TRUNCATED_PACKET");
  t.deepEqual(
    faultOf(() => decoder.end()),
    first,
  );
});

test("a packet that waits to be read is not a truncated one", (t) => {
  const decoder = pushAll(new PacketDecoder(), [request]);
  t.notThrows(() => decoder.end());
  t.is(decoder.read()?.vars.size, 2);
});

// Faults

const broken = packetOf(wire('01 00 "A" 01 00 "1" 00 00 00 00'));

for (const [way, family] of ways(concat([ping, broken, ping]))) {
  test(`a fault comes after the packets before it and again at every later read, ${way}`, (t) => {
    for (const [how, chunks] of family) {
      const decoder = pushAll(new PacketDecoder(), chunks);
      t.is(decoder.read()?.modifier1, 100, how);
      const errors = [1, 2, 3].map(() => t.throws(() => decoder.read(), undefined, how));
      t.like(errors[0], { code: "UWSGI_EMPTY_KEY", offset: 10 }, how);
      t.true(
        errors.every((error) => error === errors[0]),
        how,
      );
    }
  });
}

test("bytes that come after a fault change nothing", (t) => {
  const decoder = pushAll(new PacketDecoder(), [broken]);
  const error = t.throws(() => decoder.read());
  t.is(
    t.throws(() => pushAll(decoder, [ping, request]).read()),
    error,
  );
});

test("the end after a fault is silent: the fault has been told", (t) => {
  const decoder = pushAll(new PacketDecoder(), [broken]);
  t.throws(() => decoder.read());
  t.notThrows(() => decoder.end());
});

for (const [what, bytes] of [
  ["the header", wire("00 05 00 00")],
  ["the header and bytes of the block", wire("00 05 00 00 01 00")],
] as const) {
  test(`a datasize over the limit is refused as soon as 4 bytes are in: ${what}`, (t) => {
    for (const [how, chunks] of deliveries(bytes)) {
      const decoder = pushAll(new PacketDecoder({ maxDatasize: 4 }), chunks);
      const message = "datasize of 5 bytes, at most 4 are allowed";
      const expected = { name: "LimitError", code: "UWSGI_DATASIZE_LIMIT", offset: 1, message };
      t.deepEqual(
        faultOf(() => decoder.read()),
        expected,
        how,
      );
    }
  });
}

test("a datasize at the limit is read", (t) => {
  const decoder = pushAll(new PacketDecoder({ maxDatasize: request.length - 4 }), pieces(request, 7));
  t.is(decoder.read()?.vars.size, 2);
});

test("maxVars holds for packets in pieces", (t) => {
  const [two, one] = [2, 1].map((maxVars) => pushAll(new PacketDecoder({ maxVars }), pieces(request, 7)));
  t.is(two?.read()?.vars.size, 2);
  t.is(faultOf(() => one?.read())?.code, "UWSGI_VARS_LIMIT");
});

test("two decoders do not disturb each other", (t) => {
  const [one, two] = [new PacketDecoder(), new PacketDecoder()];
  const other = packetOf(
    varsBlock([
      ["PATH_INFO", "/x"],
      ["REQUEST_METHOD", "PUT"],
    ]),
  );
  const read = pieces(request, 1).map((byte, i) => [
    pushAll(one, [byte]).read()?.vars.get("PATH_INFO"),
    pushAll(two, [other.subarray(i, i + 1)])
      .read()
      ?.vars.get("PATH_INFO"),
  ]);
  // The other packet is one byte longer.
  t.deepEqual(read.at(-1), ["/", undefined]);
  t.is(
    pushAll(two, [other.subarray(-1)])
      .read()
      ?.vars.get("PATH_INFO"),
    "/x",
  );
});
