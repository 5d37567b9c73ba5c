/** Imported into a process that must not outlive the one that has started it: descriptor 3 is a pipe that ends with that. */
import { Socket } from "node:net";

const pipe = new Socket({ fd: 3 });
pipe.on("error", () => {});
pipe.on("close", () => process.kill(process.pid, "SIGTERM"));
pipe.resume();
pipe.unref();
