/**
 * A server that is measured and put under load, run by `test/helpers/measured-server.ts`:
 *
 *     node --expose-gc measured-server.js OPTIONS [OPEN_FILES]
 *
 * OPTIONS are those of `serve` as JSON, and `by` for an application of `measuredApp`; OPEN_FILES limits its descriptors. What it is asked comes over the channel to its parent, as
 * `Question`s; it ends when the channel does.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { connectionRefused, exchangeEnd, exchangeError } from "../../src/diagnostics.ts";
import { errorCode } from "../../src/errors.ts";
import { serve, type ServeOptions, type WsgiEnviron, type WsgiFunction } from "../../src/index.ts";
import { collectGarbage } from "../helpers/collect-garbage.ts";
import { BODY_NOISE, SECRET, streamChunks } from "../helpers/load-bodies.ts";
import { measuredApp, type MeasuredInterface } from "../helpers/measured-apps.ts";
import type { Counted, Memory, Question, Report } from "../helpers/measured-server.ts";
import { Gate } from "../helpers/wsgi-apps.ts";

const made = { opened: 0, closed: 0 };
const endings: Record<string, number> = {};
const refusals: Record<string, number> = {};
const errors: Record<string, number> = {};
let gate = new Gate();

const octets: [string, string] = ["Content-Type", "application/octet-stream"];

function sizeIn(environ: WsgiEnviron): number {
  return Number(environ.QUERY_STRING);
}

/** A body that counts how often it is made and closed; reads the request before it yields. */
function tracked(environ: WsgiEnviron): AsyncIterable<Uint8Array> & { close(): void } {
  made.opened++;
  return {
    async *[Symbol.asyncIterator]() {
      await environ["wsgi.input"].read();
      yield* streamChunks(sizeIn(environ));
    },
    close: () => {
      made.closed++;
    },
  };
}

async function digest(environ: WsgiEnviron): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of environ["wsgi.input"]) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return `${bytes} ${hash.digest("hex")}`;
}

function fail(): never {
  throw new Error(SECRET);
}

/** Half of the chunk that was promised, then a failure. */
function* broken(): Generator<Uint8Array> {
  yield BODY_NOISE.subarray(0, 500);
  fail();
}

const routes: Readonly<Record<string, WsgiFunction>> = {
  "/": (_environ, startResponse) => {
    startResponse("200 OK", [octets]);
    return "ok";
  },
  "/noise": (environ, startResponse) => {
    startResponse("200 OK", [octets]);
    return BODY_NOISE.subarray(0, sizeIn(environ));
  },
  "/chunk": (environ, startResponse) => {
    startResponse("200 OK", [octets]);
    return new Uint8Array(sizeIn(environ));
  },
  "/stream": (environ, startResponse) => {
    startResponse("200 OK", [octets]);
    return streamChunks(sizeIn(environ));
  },
  "/tracked": (environ, startResponse) => {
    startResponse("200 OK", [octets, ["Content-Length", environ.QUERY_STRING]]);
    return tracked(environ);
  },
  "/digest": async (environ, startResponse) => {
    const text = await digest(environ);
    startResponse("200 OK", [octets]);
    return text;
  },
  "/refuse": (_environ, startResponse) => {
    startResponse("401 Unauthorized", [octets]);
    return "who are you?";
  },
  "/hold": async (_environ, startResponse) => {
    await gate.opened;
    startResponse("200 OK", [octets]);
    return "held";
  },
  "/file": async (_environ, startResponse) => {
    const file = await open(process.execPath);
    await gate.opened;
    await file.close();
    startResponse("200 OK", [octets]);
    return "opened";
  },
  "/fails/sync": () => fail(),
  "/fails/async": async () => {
    await Promise.resolve();
    fail();
  },
  "/fails/started": (_environ, startResponse) => {
    startResponse("200 OK", [octets]);
    fail();
  },
  "/fails/first-chunk": (_environ, startResponse) => {
    startResponse("200 OK", [octets]);
    // Empty chunks send nothing, so the head has not left either.
    return (function* () {
      yield "";
      fail();
    })();
  },
  "/fails/mid-length": (_environ, startResponse) => {
    startResponse("200 OK", [octets, ["Content-Length", "1000"]]);
    return broken();
  },
  // When the client has seen the beginning, and says so by the body of its request.
  "/fails/mid": (environ, startResponse) => {
    startResponse("200 OK", [octets]);
    return (async function* () {
      yield BODY_NOISE.subarray(0, 500);
      await environ["wsgi.input"].read();
      fail();
    })();
  },
  "/fails/close": (_environ, startResponse) => {
    startResponse("200 OK", [octets]);
    return Object.assign(["whole"], { close: fail });
  },
};

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

const byRoute: WsgiFunction = (environ, startResponse) => {
  const route = routes[environ.PATH_INFO];
  if (route !== undefined) return route(environ, startResponse);
  startResponse("404 Not Found", [octets]);
  return null;
};

const { by, ...given } = JSON.parse(process.argv[2] ?? "") as ServeOptions & { readonly by?: MeasuredInterface };
const options: ServeOptions = { log: { access: sink, errors: sink }, graceMs: 0, ...given };
const measured = by === undefined ? undefined : measuredApp(by, () => gate.opened);
const server = await (measured === undefined
  ? serve(byRoute, options)
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
