/** Sockets that systemd passes, as sd_listen_fds(3) reads them. Pure. */
import { FIRST_INHERITED_FD } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";

export interface Activated {
  readonly fd: number;
  /** `FileDescriptorName=` of the unit, mostly the name of the unit. */
  readonly name: string;
}

const NAMES = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] as const;

/** What systemd calls a descriptor that nobody has named. */
const UNNAMED = "unknown";

/**
 * The sockets for the process `pid`; none where they are meant for another one. Removes what it has read from `env`, so
 * that no child takes it for its own. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what systemd does not write.
 */
export function takeActivation(env: NodeJS.ProcessEnv, pid: number): Activated[] {
  const [forPid, count, names = ""] = NAMES.map((name) => env[name]);
  for (const name of NAMES) delete env[name];
  if (forPid !== String(pid) || count === undefined) return [];
  if (!/^[0-9]{1,5}$/.test(count)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `LISTEN_FDS is ${JSON.stringify(count)}, a number of sockets is needed`);
  }
  const named = names.split(":");
  return Array.from({ length: Number(count) }, (_, index) => {
    const name = named[index] ?? "";
    return { fd: FIRST_INHERITED_FD + index, name: name === "" ? UNNAMED : name };
  });
}
