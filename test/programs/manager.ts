/** A service of master and workers: `manager.js OPTIONS`, which are those of `manage` as JSON. */
import { manage } from "../../src/manager/manage.ts";
import { exitCodeOf } from "../../src/process/index.ts";
import { errorCode } from "../../src/errors.ts";

try {
  const manager = await manage(JSON.parse(process.argv[2] ?? ""));
  process.stdout.write(`serving ${JSON.stringify(manager.addresses)}\n`);
  process.exitCode = await manager.ended;
} catch (error) {
  process.stdout.write(`failed ${errorCode(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
