/** Runs an application in real uWSGI for a test. */
import { join } from "node:path";
import { type FrontEndProcess, type PlaceOptions, startFrontEnd } from "./front-end-process.ts";

export interface UwsgiApplication extends PlaceOptions {
  /** uWSGI's plugin that runs it. Default `python3`. */
  readonly plugin?: string;
  /** More arguments: which application (`--wsgi-file FILE`), and what else it needs. */
  readonly args: readonly string[];
  /** Option for the socket. Default `uwsgi-socket`; with `suwsgi-socket` `tls` are its certificate and key. */
  readonly socketOption?: "uwsgi-socket" | "suwsgi-socket" | "http-socket";
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Most requests at a time. Default 4. */
  readonly threads?: number;
}

/** Starts uWSGI with one process; its socket is `127.0.0.1:PORT`. */
export function startUwsgiApplication({
  plugin = "python3",
  args,
  socketOption = "uwsgi-socket",
  tls,
  threads = 4,
  ...place
}: UwsgiApplication): Promise<FrontEndProcess> {
  return startFrontEnd(
    {
      name: "uwsgi",
      prepare: ({ port, prefix }) => {
        const pidFile = join(prefix, "uwsgi.pid");
        const behind = tls === undefined ? "" : `,${tls.cert},${tls.key}`;
        return Promise.resolve({
          args: [
            ...["--plugin", plugin, `--${socketOption}`, `127.0.0.1:${port}${behind}`, "--threads", String(threads)],
            // Its own limits are 4 096 bytes of vars, and 4 s for a read.
            ...["--buffer-size", "65535", "--socket-timeout", "30", "--need-app", "--disable-logging"],
            ...["--safe-pidfile", pidFile, ...args],
          ],
          pidFile,
        });
      },
      signals: ["SIGINT", "SIGKILL"],
    },
    place,
  );
}
