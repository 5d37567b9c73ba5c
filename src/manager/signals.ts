/** Signals to the master, as operators of uWSGI, gunicorn and nginx expect them. */

/** What a signal asks for. */
export type Command =
  | { readonly kind: "stop"; readonly how: "graceful" | "fast"; readonly why: string }
  | { readonly kind: "reload" | "reopen" | "upgrade" | "more" | "less" };

type Verb = Exclude<Command["kind"], "stop"> | "graceful stop" | "fast stop" | "ignored";

const verbs: Readonly<Partial<Record<NodeJS.Signals, Verb>>> = {
  SIGTERM: "graceful stop",
  SIGINT: "fast stop",
  SIGQUIT: "fast stop",
  SIGHUP: "reload",
  // Node would open a debugger.
  SIGUSR1: "reopen",
  SIGUSR2: "upgrade",
  SIGTTIN: "more",
  SIGTTOU: "less",
  // A terminal sends it at each change of its size.
  SIGWINCH: "ignored",
};

/** npm sends its child the signal that the terminal has already sent it: that is one, not two. */
const SAME_SIGNAL_MS = 500;

/** Turns signals into commands. Pure: `now` is a parameter. */
export class SignalReader {
  private stopAt: number | undefined;

  /** Undefined for what is ignored. `now`: ms of a monotonic clock. */
  read(name: NodeJS.Signals, now: number): Command | undefined {
    const verb = verbs[name];
    if (verb === undefined || verb === "ignored") return undefined;
    if (verb !== "graceful stop" && verb !== "fast stop") return { kind: verb };
    const isSecond = this.stopAt !== undefined;
    const isSame = this.stopAt !== undefined && now - this.stopAt < SAME_SIGNAL_MS;
    this.stopAt ??= now;
    if (verb === "fast stop") return { kind: "stop", how: "fast", why: name };
    if (isSame) return undefined;
    return { kind: "stop", how: isSecond ? "fast" : "graceful", why: isSecond ? `a second ${name}` : name };
  }
}

/** Tells the process's signals as commands, until the answered function is called. */
export function listenToSignals(tell: (command: Command) => void): () => void {
  const reader = new SignalReader();
  const listener = (name: NodeJS.Signals): void => {
    const command = reader.read(name, performance.now());
    if (command !== undefined) tell(command);
  };
  const names = Object.keys(verbs) as NodeJS.Signals[];
  for (const name of names) process.on(name, listener);
  return () => {
    for (const name of names) process.off(name, listener);
  };
}
