/**
 * A server that is measured and put under load, run by `test/helpers/measured-server.ts`:
 *
 *     node --expose-gc measured-server.js OPTIONS [OPEN_FILES]
 *
 * OPTIONS are those of `serve` as JSON, and `by` for an application of `measuredApp`; OPEN_FILES limits its descriptors. What it is asked comes over the channel to its parent, as
 * `Question`s; it ends when the channel does.
 */
import { execFileSync } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { connectionRefused, exchangeEnd, exchangeError } from "../../src/diagnostics.ts";
import { errorCode } from "../../src/errors.ts";
import { serve, type ServeOptions } from "../../src/index.ts";
import { collectGarbage } from "../helpers/collect-garbage.ts";
import { byRoute, made, measuredRoutes } from "../helpers/measured-routes.ts";
import { measuredApp, type MeasuredInterface } from "../helpers/measured-apps.ts";
import type { Counted, Memory, Question, Report } from "../helpers/measured-server.ts";
import { Gate } from "../helpers/wsgi-apps.ts";

const endings: Record<string, number> = {};
const refusals: Record<string, number> = {};
const errors: Record<string, number> = {};
let gate = new Gate();
const routes = measuredRoutes(() => gate.opened);

function tally(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

exchangeEnd.subscribe(({ ending }) => tally(endings, ending));
connectionRefused.subscribe(({ error }) => tally(refusals, error.code));
exchangeError.subscribe(({ error }) => tally(errors, errorCode(error) ?? String(error)));

const sink = { write: () => {} };
// Not before: Node opens all modules of a program at once to load them.
const [, , , openFiles = ""] = process.argv;
if (openFiles !== "") {
  execFileSync("prlimit", ["--pid", String(process.pid), `--nofile=${openFiles}:${openFiles}`]);
}

const { by, ...given } = JSON.parse(process.argv[2] ?? "") as ServeOptions & { readonly by?: MeasuredInterface };
const options: ServeOptions = { log: { access: sink, errors: sink }, graceMs: 0, ...given };
const measured = by === undefined ? undefined : measuredApp(by, () => gate.opened);
const server = await (measured === undefined
  ? serve(byRoute(routes), options)
  : serve(measured.application, { ...options, interface: measured.interface }));

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

function report(): Report {
  // Twice: what finalizers let go of in the first round is collected in the second.
  globalThis.gc?.();
  globalThis.gc?.();
  // Not `process.memoryUsage`, which opens a file: there may be no descriptor left.
  const { used_heap_size: heapUsed, external_memory: external } = getHeapStatistics();
  const longestDelayMs = delay.max / 1e6;
  return {
    ...made,
    endings,
    refusals,
    errors,
    counts: server.counts,
    openConnections: server.openConnections,
    heapBytes: heapUsed + external,
    longestDelayMs,
  };
}

function counted(): Omit<Counted, "descriptors"> {
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) tally(resources, name);
  const { openConnections, counts } = server;
  return { resources, openConnections, accepted: counts.accepted };
}

async function memory(): Promise<Memory> {
  // What a finalizer lets go of, another may hold: Node's own Request has both.
  for (let round = 0; round < 3; round++) await collectGarbage();
  const { heapUsed: heapBytes, external: bufferBytes } = process.memoryUsage();
  return { heapBytes, bufferBytes };
}

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    // Busy, as an application in a long computation is.
  }
}

function answer({ ask, ms = 0 }: Question): unknown {
  switch (ask) {
    case "report":
      return report();
    case "counted":
      return counted();
    case "memory":
      return memory();
    case "release":
      gate.open();
      gate = new Gate();
      return undefined;
    case "block":
      // Behind the answer, so that whoever asked knows when it begins.
      setImmediate(block, ms);
      return undefined;
    case "setClock":
      (globalThis as { setClock?: (ms: number) => void }).setClock?.(ms);
      return new Date().getTime();
    default:
      throw new Error(`asked ${String(ask)}`);
  }
}

process.on("message", async (question: Question) => {
  process.send?.({ id: question.id, value: await answer(question) });
});
process.once("disconnect", () => void server.close());
process.send?.({ id: 0, value: server.addresses });
