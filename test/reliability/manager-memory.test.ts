/** Memory of a master: what workers print, and how often they come and go, must not show. */
import { closeSync, openSync } from "node:fs";
import test from "ava";
import { ManagerCommand, memoryOf, openFilesOf } from "../helpers/manager-command.ts";
import { MIB } from "../helpers/measure.ts";
import { program } from "../helpers/measured-server.ts";

/** Prints as many MiB as the query says: 1 024 lines each. */
const PRINTING = `const line = "x".repeat(1_023) + "\\n";
export const application = (environ, startResponse) => {
  for (let i = 0; i < 1_024 * environ.QUERY_STRING; i++) process.stdout.write(line);
  startResponse("200 OK", []);
  return "pid " + process.pid;
};
`;

const WORKERS = 10;

/** A GiB, and 500 workers; by hand as many times that as UISGE_SOAK says (20: 20 GiB and 10 000 workers). */
const FACTOR = Number(process.env["UISGE_SOAK"] ?? 1);
const ROUNDS = 50 * FACTOR;
const MIB_A_ROUND = (1_024 * FACTOR) / ROUNDS;

async function settled(manager: ManagerCommand, time: number): Promise<number> {
  manager.signal("SIGPWR");
  await manager.logged(new RegExp(`(?:\\b${manager.pid} has settled\\n[^]*){${time}}`));
  return memoryOf(manager.pid);
}

test.serial(
  "a GiB that workers print and 500 workers that are replaced leave the memory of their master flat",
  async (t) => {
    const nowhere = openSync("/dev/null", "w");
    await using manager = await ManagerCommand.start({
      workers: WORKERS,
      source: PRINTING,
      flags: ["--reload-mode", "brutal"],
      env: { NODE_OPTIONS: `--import=${program("settling")}` },
      stdout: nowhere,
    });
    closeSync(nowhere);
    const first = Math.floor(ROUNDS / 3);
    const filesBefore = openFilesOf(manager.pid);
    let before = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      await manager.ask("/", String(MIB_A_ROUND));
      await manager.tell({ command: "reload" });
      if (round === first) before = await settled(manager, 1);
    }
    await manager.ready();
    const after = await settled(manager, 2);
    t.is((await manager.status()).generation, ROUNDS + 1);
    t.log(`${(before / MIB).toFixed(1)} MiB after a third, ${(after / MIB).toFixed(1)} MiB at the end`);
    t.true(after - before < 10 * MIB, `${after - before} bytes`);
    t.true(openFilesOf(manager.pid) <= filesBefore + 1, `${openFilesOf(manager.pid)} files, ${filesBefore} before`);
  },
);
