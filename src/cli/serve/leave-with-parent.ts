/**
 * Imported into a gateway, which must not outlive the one that has started it: descriptor 3 is a pipe that ends with that.
 * Its options are in the environment, which only its user may read.
 */
import { Socket } from "node:net";

const pipe = new Socket({ fd: 3 });
pipe.on("error", () => {});
pipe.on("close", () => process.kill(process.pid, "SIGTERM"));
pipe.resume();
pipe.unref();

const args = process.env["UISGE_GATEWAY_ARGS"];
delete process.env["UISGE_GATEWAY_ARGS"];
if (args !== undefined) process.argv.push(...(JSON.parse(args) as readonly string[]));
