/**
 * What a line of the access log costs in each format, from the message of diagnostics to the bytes that are written, for
 * a page that Chrome asks for. Prints nanoseconds of processor time (the median of the rounds, the least and the most)
 * and the ratio to `combined`; the formats are asked in turns, so that all have the same machine.
 */
import { Writable } from "node:stream";
import { pino } from "pino";
import { decodeVars } from "../../src/codec/index.ts";
import { exchangeEnd } from "../../src/diagnostics.ts";
import { environFromVars } from "../../src/environ/index.ts";
import { type LogFormat, logServer, type LogOptions } from "../../src/log/index.ts";
import { chromeGet } from "../cases/inputs.ts";

const ROUNDS = 15;
const LINES = 20_000;

/** As the `combined` format. */
const TEMPLATE = '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(rsize) "%(referer)" "%(uagent)"';

/** What uWSGI writes when it is not told otherwise, as far as it is there. */
const LONG: LogFormat =
  "[pid: %(pid)] %(addr) {%(vars) vars in %(pktsize) bytes} [%(ctime)] %(method) %(uri) => generated %(rsize) bytes in %(msecs) msecs (%(proto) %(status))";

/** Takes bytes as a file does, and counts them. */
class Counted extends Writable {
  readonly fd = 1;
  bytes = 0;

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.bytes += chunk.length;
    done();
  }
}

const sink = new Counted();
const logger = pino({ base: null }, { write: (line: string) => void sink.write(line) });
const formats: readonly (readonly [name: string, options: LogOptions])[] = [
  ["combined", { access: sink }],
  ["template as combined", { access: sink, accessFormat: TEMPLATE }],
  ["template as uWSGI's own", { access: sink, accessFormat: LONG }],
  ["json", { access: sink, accessFormat: "json" }],
  ["pino", { access: sink, accessFormat: "pino" }],
  ["logger (pino's)", { logger }],
];

const packet = {
  modifier1: 0,
  modifier2: 0,
  datasize: chromeGet.packet.length - 4,
  vars: { size: chromeGet.vars.length },
};
const environ = environFromVars(decodeVars(chromeGet.packet.subarray(4)));
const answer = { status: 200, bodyBytes: 12, headBytes: 80, durationMs: 1.234_5, ending: "complete", packet } as const;

/** Nanoseconds for each line. */
async function measure(options: LogOptions): Promise<number> {
  const server = {};
  const stop = logServer(server, options);
  const before = process.cpuUsage();
  for (let i = 0; i < LINES; i++) {
    exchangeEnd.publish({ server, environ, requestId: "0123456789abcdef0123456789abcdef", ...answer });
    // A busy server has a few requests in one turn of its loop.
    if (i % 10 === 0) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(before);
  stop();
  return ((user + system) * 1_000) / LINES;
}

const times = new Map<string, number[]>(formats.map(([name]) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, options] of formats) {
    const time = await measure(options);
    // The first is for the compiler.
    if (round > 0) times.get(name)?.push(time);
  }
}
const base = median(times.get("combined") ?? []);
for (const [name, all] of times) {
  const sorted = all.toSorted((a, b) => a - b);
  const range = `(${sorted[0]?.toFixed(0)} to ${sorted.at(-1)?.toFixed(0)})`;
  console.log(
    `${name.padEnd(26)}${median(all).toFixed(0).padStart(7)} ns  ${range.padEnd(18)}${(median(all) / base).toFixed(2)}`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
