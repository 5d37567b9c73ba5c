/** Memory and descriptors of a master that reads what its workers print: neither a flood nor reloads must show. */
import test from "ava";
import { Managed } from "../helpers/managed.ts";
import { memoryOf, openFilesOf, processorMsOf } from "../helpers/manager-command.ts";
import { MIB } from "../helpers/measure.ts";

/** Prints as many MiB as the query says, in lines of 64 bytes; `/endless` in one line. */
const FLOODING = `const line = "x".repeat(63) + "\\n";
const block = "y".repeat(65_536);
export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    const mib = Number(search.slice(1));
    if (pathname === "/endless") for (let i = 0; i < 16 * mib; i++) process.stdout.write(block);
    else for (let i = 0; i < 16_384 * mib; i++) process.stdout.write(line);
    return new Response(process.pid + " one");
  },
};
`;

/** Lines a second: no limit is what JSON cannot say. */
const ALL = Number.MAX_SAFE_INTEGER;

const ROUNDS = 10;
const MIB_A_ROUND = 10;

for (const [what, log, path] of [
  ["of which all is written", { errorFile: "/dev/null", captureRate: ALL }, "/"],
  ["that nobody reads", { captureRate: ALL }, "/"],
  ["of which most is left out", { errorFile: "/dev/null" }, "/"],
  ["without an end of a line", { errorFile: "/dev/null", captureRate: ALL }, "/endless"],
] as const) {
  test.serial(`a flood ${what} leaves the memory of the master flat`, async (t) => {
    await using managed = await Managed.start({
      source: FLOODING,
      processes: 2,
      // What waits to be collected is no matter here.
      environment: { NODE_OPTIONS: "--max-semi-space-size=1" },
      log: { access: "off", errors: "json", capture: "lines", ...log },
    });
    managed.child.process.stderr?.pause();
    const sizes: number[] = [];
    const from = [processorMsOf(managed.pid), performance.now()] as const;
    for (let round = 0; round < ROUNDS; round++) {
      await managed.ask(`${path}?${MIB_A_ROUND}`);
      sizes.push(memoryOf(managed.pid));
    }
    const [cpuMs, ms] = [processorMsOf(managed.pid) - from[0], performance.now() - from[1]];
    const first = Math.max(...sizes.slice(0, ROUNDS / 2));
    const last = Math.max(...sizes.slice(ROUNDS / 2));
    t.log(`${sizes.map((size) => (size / MIB).toFixed(0)).join(" ")} MiB; ${cpuMs} ms of ${ms.toFixed(0)} ms`);
    t.true(last - first < 10 * MIB, `${last - first} bytes`);
    managed.child.process.stderr?.resume();
  });
}

test.serial("what the master and its workers have open is the same after 20 reloads", async (t) => {
  await using managed = await Managed.start({
    log: { access: "combined", errors: "json", capture: "lines" },
    reloadMode: "brutal",
    processes: 1,
  });
  const opened = async (): Promise<number[]> => [managed.pid, ...(await managed.allReady())].map(openFilesOf);
  const [master = 0, worker = 0] = await opened();
  for (let version = 2; version <= 21; version++) {
    managed.signal("SIGHUP");
    await managed.until(({ generation, workers }) => generation === version && workers[0]?.generation === version);
  }
  const [masterNow = 0, workerNow = 0] = await opened();
  // One more: a connection of ours to the control socket, which may not have ended yet.
  t.true(masterNow <= master + 1, `${masterNow} of the master, ${master} before`);
  t.is(workerNow, worker);
});
