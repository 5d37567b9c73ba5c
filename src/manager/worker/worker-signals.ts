/**
 * What signals mean to a worker. Loaded before anything else: until there is a handler, SIGUSR1 opens Node's debugger,
 * and most others end the process.
 */

/** What a worker does about signals; given once it can. */
export interface SignalActions {
  /** SIGTERM. */
  stop(): void;
  /** SIGINT, SIGQUIT. */
  leave(signal: NodeJS.Signals): void;
  /** SIGUSR1. */
  reopen(): void;
}

/** A terminal sends these to all processes in it; what they ask for is the master's to do. */
const IGNORED: readonly NodeJS.Signals[] = ["SIGHUP", "SIGUSR2", "SIGWINCH", "SIGTTIN", "SIGTTOU"];

let actions: SignalActions | undefined;

/** Ends a process that has not begun with anything yet. */
const leaveAtOnce = (signal: NodeJS.Signals): void => process.exit(signal === "SIGTERM" ? 0 : 1);

/** Handlers are ours from now on: `actions` says what for. */
export function onSignals(wanted: SignalActions): void {
  actions = wanted;
}

/** How many listeners for SIGTERM are our own. */
export const OWN_TERM_LISTENERS = 1;

/** First of all. */
export function takeSignals(): void {
  process.on("SIGUSR1", () => actions?.reopen());
  process.on("SIGTERM", (signal) => {
    if (actions === undefined) leaveAtOnce(signal);
    else actions.stop();
  });
  for (const name of ["SIGINT", "SIGQUIT"] as const) {
    process.on(name, (signal) => {
      if (actions === undefined) leaveAtOnce(signal);
      else actions.leave(signal);
    });
  }
  for (const name of IGNORED) process.on(name, () => {});
}
