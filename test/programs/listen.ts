/**
 * Listens as told and reports, for tests of what only a process of its own can show: the umask is the
 * process's, and test threads may not set it.
 *
 *     node listen.js PATH [MODE]
 */
import fs, { statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { listen, parseAddress } from "../../src/connection/index.ts";

const [path = "", mode] = process.argv.slice(2);
// Looked at each time round the loop, from before the socket exists: nobody may ever see a laxer mode.
const seen = new Set<number>();
let isWatching = true;
function look(): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined) seen.add(found.mode & 0o777);
  if (isWatching) setImmediate(look);
}
look();

// Under its temporary name the socket exists a moment before it gets its mode.
const modesBefore: number[] = [];
const { chmodSync } = fs;
fs.chmodSync = (file, newMode) => {
  modesBefore.push(statSync(file).mode & 0o777);
  chmodSync(file, newMode);
};
syncBuiltinESMExports();

process.umask(0);
const listening = listen(parseAddress(path), () => {}, mode === undefined ? {} : { mode: Number.parseInt(mode, 8) });
const umaskMeanwhile = process.umask();
const listener = await listening;
const modeAtOnce = statSync(path).mode & 0o777;
await new Promise(setImmediate);
isWatching = false;
console.log(
  JSON.stringify({
    umaskMeanwhile,
    umaskAfter: process.umask(),
    modeAtOnce,
    modesSeen: [...seen],
    modesBefore,
    address: listener.address,
  }),
);
await listener.close();
