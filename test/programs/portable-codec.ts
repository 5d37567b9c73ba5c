/**
 * Runs the codec over packets and answers what it made of them, as JSON on stdout.
 *
 *     node portable-codec.js keep|without < packets.json
 *
 * `without` removes `globalThis.Buffer` before the codec is loaded. The packets are hex strings.
 */
import { readFileSync, writeSync } from "node:fs";

if (process.argv[2] === "without") delete (globalThis as { Buffer?: unknown }).Buffer;
const codec = await import("../../src/codec/index.ts");

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The value of a call, or what it threw. */
function told(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    const { name, code, offset, message } = error as { name: string; code?: string; offset?: number; message: string };
    return { name, code, offset, message };
  }
}

function decoded(bytes: Uint8Array): unknown {
  const decoder = new codec.PacketDecoder({ maxVars: 6_000 });
  for (let at = 0; at < bytes.length; at += 100) decoder.push(bytes.subarray(at, at + 100));
  const packet = decoder.read();
  if (packet === undefined) return decoder.end();
  const { modifier1, modifier2, vars } = packet;
  const pairs = [...vars];
  const names = pairs.map(([name]) => name);
  return {
    pairs,
    values: names.map((name) => [vars.get(name), toHex(vars.getBytes(name) ?? new Uint8Array(0))]),
    encoded: toHex(codec.encodePacket({ modifier1, modifier2, vars: pairs })),
    prepared: toHex(codec.prepareEncoder({ modifier1, modifier2, names }).encode(pairs.map(([, value]) => value))),
    rest: toHex(decoder.rest()),
  };
}

const packets = JSON.parse(readFileSync(0, "utf8")) as string[];
const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 0xff);
const results = {
  buffer: "Buffer" in globalThis,
  packets: packets.map((packet) => told(() => decoded(fromHex(packet)))),
  latin1: codec.readLatin1(bytes, 3, bytes.length),
  described: codec.describeBytes(bytes),
  items: told(() =>
    codec.decodeArray(codec.encodePacket({ items: ["a", bytes.subarray(0, 300)] }).subarray(4)).map(toHex),
  ),
  notLatin1: ["€", `${"x".repeat(5_000)}€`].map((payload) => told(() => toHex(codec.encodePacket({ payload })))),
  tooLarge: told(() => toHex(codec.encodePacket({ payload: "x".repeat(65_536) }))),
  head: told(() => toHex(codec.encodeResponseHead({ status: 200, headers: [["X-A", "é".repeat(100)]] }))),
  readHead: told(() => codec.decodeResponseHead(codec.encodeResponseHead({ status: 404, headers: [["X-A", "é"]] }))),
};
// One write of all of it: process.stdout would need the Buffer that is gone.
const text = new TextEncoder().encode(JSON.stringify(results));
for (let at = 0; at < text.length;) at += writeSync(1, text, at);
