/** The application of the checks of managers: the paths of `measuredRoutes`, and those that hurt the worker they run in. */
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { WsgiEnviron, WsgiFunction } from "../../src/index.ts";
import { byRoute, measuredRoutes, octets } from "../helpers/measured-routes.ts";

const kept: Buffer[] = [];
let strays = 0;

/** One request in so many is unlucky. */
const STRAY_EVERY = 100;

const LINE = `${"x".repeat(1_023)}\n`;

const STDERR = 2;

/** For who must know that from now on this event loop does nothing else. */
function sayStuck(): void {
  writeSync(STDERR, `${process.pid} begins with it\n`);
}

/** What is done before the answer, by path; `query` is a number for most. */
const deeds: Readonly<Record<string, (query: string) => unknown>> = {
  "/pid": () => {},
  "/later": (ms) => delay(Number(ms)),
  "/busy": (ms) => {
    const until = performance.now() + Number(ms);
    while (performance.now() < until);
  },
  "/loop": () => {
    sayStuck();
    for (;;);
  },
  "/runaway": () => {
    sayStuck();
    return /^(?:a+)+$/.test(`${"a".repeat(64)}!`);
  },
  "/wait": () => {
    sayStuck();
    return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  "/stray": () => {
    if (++strays % STRAY_EVERY === 0) void Promise.reject(new Error("planted"));
  },
  "/leak": (mib) => kept.push(Buffer.alloc(Number(mib) * 2 ** 20, 1)),
  "/heap": () => {
    for (const hoard: object[] = []; ;) hoard.push(Array.from({ length: 1_000 }, () => ({})));
  },
  "/print": (kib) => {
    for (let i = 0; i < Number(kib); i++) process.stdout.write(LINE);
  },
};

function route(deed: (query: string) => unknown): WsgiFunction {
  return async (environ: WsgiEnviron, startResponse) => {
    await deed(environ.QUERY_STRING);
    startResponse("200 OK", [octets]);
    return `pid ${process.pid}`;
  };
}

export const application: WsgiFunction = byRoute({
  ...measuredRoutes(() => new Promise(() => {})),
  ...Object.fromEntries(Object.entries(deeds).map(([path, deed]) => [path, route(deed)])),
});
