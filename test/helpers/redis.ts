/** Debian's Redis, for a test: it keeps nothing when it ends. */
import { join } from "node:path";
import { type FrontEndProcess, type PlaceOptions, startFrontEnd } from "./front-end-process.ts";

export function startRedis(options: PlaceOptions = {}): Promise<FrontEndProcess> {
  return startFrontEnd(
    {
      name: "redis-server",
      prepare: async ({ port, prefix }) => {
        const pidFile = join(prefix, "redis.pid");
        const log = join(prefix, "redis.log");
        const settings = { port, bind: "127.0.0.1", dir: prefix, pidfile: pidFile, logfile: log, save: "" };
        return {
          args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
          pidFile,
          log,
        };
      },
      signals: ["SIGTERM", "SIGKILL"],
    },
    options,
  );
}
