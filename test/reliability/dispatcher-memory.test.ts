/** 50 MB by a dispatcher in a process of its own: every byte, and no memory for them. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { projectRoot } from "../helpers/project.ts";
import { startServerProcess } from "../helpers/server-process.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { undicis } from "../helpers/undicis.ts";

const run = promisify(execFile);

const BYTES = 50 * 1_048_576;

/** Resident memory of the process that asks. What waits in pipes and streams, and garbage, is well below. */
const MOST_GROWTH = 40 * 1_048_576;

const program = join(projectRoot, "build/test/programs/dispatcher-transfer.js");

/**
 * fetch of undici 6 and 7, and of the Nodes that have them, keeps a streamed body itself in case it has to be sent again,
 * over HTTP too; so these upload by `request`.
 */
const cases = [
  ["fetch", undefined, ["paused"]],
  ...undicis.map(
    ({ name, major }) =>
      [
        name,
        `undici${major}`,
        major === 7 ? ["download", "paused", "upload", "spooled"] : ["paused", "upload"],
      ] as const,
  ),
] as const;

for (const [name, by, whats] of cases) {
  for (const what of whats) {
    test.serial(`50 MB, ${name}, ${what}: all come, in steady memory`, async (t) => {
      const socket = `${folderOf(t)}/s`;
      const server = await startServerProcess(socket);
      t.teardown(() => server.stop());
      const args = ["--expose-gc", program, socket, what, String(BYTES), ...(by === undefined ? [] : [by])];
      const { stdout } = await run(process.execPath, args);
      const { bytes, grown } = JSON.parse(stdout) as { readonly bytes: number; readonly grown: number };
      t.is(bytes, BYTES);
      t.log(`${(grown / 1_048_576).toFixed(1)} MB`);
      t.true(grown < MOST_GROWTH, `grown by ${grown} bytes`);
    });
  }
}
