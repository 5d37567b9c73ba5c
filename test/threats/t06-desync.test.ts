/** T6: lengths that point past their block. A reader that goes on behind one finds vars of the attacker's making. */
import test from "ava";
import { deliveries, pieces, ways } from "../helpers/deliveries.ts";
import { MemoryTransport } from "../helpers/memory-transport.ts";
import { parseAnswer } from "../helpers/raw-client.ts";
import { bothKinds, deliver, inParallel, isWell, startTarget, type Target } from "../helpers/target.ts";
import { boundariesOf, readVectors, wholeOf } from "../helpers/vectors.ts";
import { concat, packetOf, varsBlock, wire } from "../helpers/wire.ts";

/** The pair that a reader must never see: it is inside of something else. */
const inner = varsBlock([["REMOTE_USER", "admin"]]);
const outer = varsBlock([
  ["REQUEST_METHOD", "GET"],
  ["PATH_INFO", "/"],
]);

/** A packet whose header announces `by` bytes more than there are, or fewer. */
function announcing(payload: Uint8Array, by: number): Uint8Array {
  const packet = packetOf(payload);
  packet[1] = (payload.length + by) & 0xff;
  packet[2] = (payload.length + by) >> 8;
  return packet;
}

const own: readonly (readonly [about: string, bytes: Uint8Array])[] = [
  ["a key past the end, a pair inside", packetOf(concat([outer, wire("ff ff"), inner]))],
  [
    "a key one byte past the end, a pair inside",
    packetOf(concat([outer, new Uint8Array([inner.length + 1, 0]), inner])),
  ],
  ["a key that fills the block, a pair inside", packetOf(concat([outer, new Uint8Array([inner.length, 0]), inner]))],
  ["a key past the end before good pairs", packetOf(concat([wire("60 ea"), inner, outer]))],
  ["a key past the end behind good pairs", packetOf(concat([outer, inner, wire("02 00 41")]))],
  ["a value past the end, a pair inside", packetOf(concat([outer, wire('01 00 "A" ff ff'), inner]))],
  [
    "a value one byte past the end, a pair inside",
    packetOf(concat([outer, wire('01 00 "A"'), new Uint8Array([inner.length + 1, 0]), inner])),
  ],
  ["a length in network byte order", packetOf(concat([outer, wire('00 0b "REMOTE_USER" 00 05 "admin"')]))],
  [
    "a key that borrows from the body",
    concat([packetOf(concat([outer, wire('0b 00 "REMOTE"')])), wire('"_USER" 05 00 "admin"')]),
  ],
  [
    "a value that borrows from the body",
    concat([packetOf(concat([outer, wire('0b 00 "REMOTE_USER" 05 00 "ad"')])), wire('"min"')]),
  ],
  ["an empty key before a pair", packetOf(concat([outer, wire("00 00 00 00"), inner]))],
  [
    "an empty key whose value is a pair",
    packetOf(concat([outer, wire("00 00"), new Uint8Array([inner.length, 0]), inner])),
  ],
  ["half a length behind the pairs", packetOf(concat([outer, inner, wire("01")]))],
  ["zeros behind the pairs", packetOf(concat([outer, inner, wire("00 00 00")]))],
  ["a datasize one too small", announcing(concat([outer, inner]), -1)],
  ["a datasize that cuts the last value off", announcing(concat([outer, inner]), -5)],
  ["a datasize that cuts a value length in half", announcing(concat([outer, inner]), -6)],
  ["a datasize one too large", announcing(concat([outer, inner]), 1)],
  ["a datasize of 65 535 over a small block", announcing(concat([outer, inner]), 65_535 - outer.length - inner.length)],
];

const broken = new Set([
  "UWSGI_EMPTY_KEY",
  "UWSGI_KEY_PAST_END",
  "UWSGI_VALUE_PAST_END",
  "UWSGI_TRAILING_BYTES",
  "UWSGI_TRUNCATED_PACKET",
]);

const vectors = readVectors("families", "malformed").filter(({ refused }) => broken.has(refused?.code ?? ""));

test("T6: the vectors hold every kind of broken length", (t) => {
  t.deepEqual([...new Set(vectors.map(({ refused }) => refused?.code as string))].sort(), [...broken].sort());
  t.true(vectors.length >= 20, `${vectors.length} vectors`);
});

/** 400 for a request, nothing for what may have been none; never more. */
function isRefusal(bytes: Uint8Array): boolean {
  return bytes.length === 0 || parseAnswer(bytes).status === 400;
}

/** What a server without a socket between answers to a delivery. */
async function deliverWithoutSocket({ server }: Target, chunks: readonly Uint8Array[]): Promise<Uint8Array> {
  const transport = new MemoryTransport({ lendsReads: true });
  server.adopt(transport);
  for (const chunk of chunks) {
    transport.receive(chunk);
    // As behind every read of a socket: what was thrown or promised has its turn.
    await Promise.resolve();
  }
  transport.receiveEnd();
  await Promise.resolve();
  transport.break();
  return transport.written;
}

for (const [about, bytes] of own) {
  for (const kind of bothKinds) {
    test(`T6: ${about}, is refused whole, however it is delivered, on ${kind}`, async (t) => {
      await using server = await startTarget({ kind });
      let count = 0;
      await inParallel(deliveries(bytes), 16, async ([how, chunks]) => {
        count++;
        t.true(isRefusal((await deliver(server, chunks)).bytes), how);
      });
      t.deepEqual([server.calls, server.server.counts.exchanges, server.server.counts.refused], [[], 0, count]);
      t.true(await isWell(server));
    });
  }
}

test("T6: each vector with a broken length is refused whole and byte by byte on both kinds of socket", async (t) => {
  for (const kind of bothKinds) {
    await using server = await startTarget({ kind });
    const sent = vectors.flatMap((vector) => {
      const bytes = wholeOf(vector);
      const drip = bytes.length > 1_024 ? 97 : 1;
      return [
        [vector.name, [bytes]],
        [vector.name, pieces(bytes, drip)],
      ] as const;
    });
    await inParallel(sent, 16, async ([name, chunks]) => {
      t.true(isRefusal((await deliver(server, chunks)).bytes), name);
    });
    t.deepEqual([server.calls, server.server.counts.refused], [[], sent.length]);
  }
});

test("T6: each vector with a broken length is refused wherever it is cut", async (t) => {
  await using server = await startTarget();
  let count = 0;
  for (const vector of vectors) {
    for (const [, family] of ways(wholeOf(vector), boundariesOf(vector))) {
      for (const [how, chunks] of family) {
        count++;
        t.true(isRefusal(await deliverWithoutSocket(server, chunks)), `${vector.name} ${how}`);
      }
    }
  }
  t.deepEqual([server.calls, server.server.counts.refused], [[], count]);
  t.is(server.server.openConnections, 0);
});

/** The pairs of a block for a reader that does nothing but count; undefined when the counts do not come out. */
function countedPairs(block: Uint8Array): Map<string, string> | undefined {
  const pairs = new Map<string, string>();
  let at = 0;
  const next = (): string | undefined => {
    const from = at + 2;
    at = from + (block[at] ?? Number.NaN) + 256 * (block[at + 1] ?? Number.NaN);
    return at <= block.length ? Buffer.from(block.subarray(from, at)).toString("latin1") : undefined;
  };
  while (at < block.length) {
    const name = next();
    const value = next();
    if (name === undefined || name === "" || value === undefined) return undefined;
    pairs.set(name, value);
  }
  return pairs;
}

test("T6: a packet with any one byte wrong is refused, or is what counting its lengths makes of it", async (t) => {
  const payload = concat([outer, varsBlock([["HTTP_X", Buffer.from(inner).toString("latin1")]])]);
  await using server = await startTarget();
  let served = 0;
  for (let at = 4; at < 4 + payload.length; at++) {
    for (const value of [0, 1, 2, 11, 0x7f, 0xff]) {
      const packet = packetOf(payload);
      packet[at] = value;
      const answer = parseAnswer(await deliverWithoutSocket(server, [packet]));
      const pairs = countedPairs(packet.subarray(4));
      const environ = server.calls[served];
      if (environ !== undefined) served++;
      const where = `byte ${at} is ${value}`;
      if (pairs === undefined) t.deepEqual([answer.status, environ], [400, undefined], where);
      // What comes out may still be no request: a method that is no token.
      else if (environ === undefined) t.is(answer.status, 400, where);
      else for (const [name, given] of pairs) if (given !== "") t.is(environ[name], given, where);
    }
  }
  t.true(served > 100, `${served} were served`);
});
