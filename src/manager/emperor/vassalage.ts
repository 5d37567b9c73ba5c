/** What a vassal has of its emperor: a pipe that ends when that ends, however it does. */
import { Socket } from "node:net";
import { typeError } from "../../errors.ts";
import { withoutOwnVariables } from "../../process/index.ts";

/** Set in the vassal: pid of the emperor. */
const NAME = "UISGE_EMPEROR";

/** The pipe, in the vassal. */
export const VASSAL_FD = 3;

/** The environment of a vassal. What was passed to the emperor itself is not for it. */
export function vassalEnvironment(env: NodeJS.ProcessEnv, pid: number): NodeJS.ProcessEnv {
  const passed: NodeJS.ProcessEnv = { ...withoutOwnVariables(env), [NAME]: String(pid) };
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) {
    delete passed[name];
  }
  return passed;
}

export class Vassalage {
  private readonly pipe: Socket;

  private constructor(pipe: Socket) {
    this.pipe = pipe;
  }

  /**
   * Undefined for who is no vassal. Removes it from `env`. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) where the emperor
   * has ended already.
   */
  static take(env: NodeJS.ProcessEnv = process.env): Vassalage | undefined {
    const text = env[NAME];
    delete env[NAME];
    if (text === undefined) return undefined;
    if (Number(text) !== process.ppid) {
      const seen = `${NAME} is ${text}, and the parent of this process is ${process.ppid}`;
      throw typeError("UWSGI_INVALID_ARGUMENT", `${seen}: the emperor has ended`);
    }
    const pipe = new Socket({ fd: VASSAL_FD, readable: true, writable: true });
    pipe.on("error", () => {});
    // Signals are heard from now on.
    pipe.write("here\n");
    return new Vassalage(pipe);
  }

  /** Calls once when the emperor is there no more. */
  onEnd(tell: () => void): void {
    this.pipe.once("close", tell);
    this.pipe.resume();
    this.pipe.unref();
  }
}
