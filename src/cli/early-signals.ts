/**
 * Signals that come before there is anybody to obey them: SIGUSR1 would open Node's debugger, and others end the process.
 * Imports nothing: all that is imported before takes its time.
 */
const names: readonly NodeJS.Signals[] = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGTTIN",
  "SIGTTOU",
  "SIGWINCH",
];

/**
 * Node's own answer to SIGUSR1 is a debugger, to be found by whoever may connect to the port; and who has listened once and
 * does so no more is ended by it. So it is listened to as long as the process lives: log rotation sends it to whole groups.
 */
export function shutDebugger(): void {
  process.on("SIGUSR1", () => {});
}

/** For a listener to a signal: whether it is not the only one, but for that of `shutDebugger`. */
export function isHeardByOthers(name: NodeJS.Signals): boolean {
  return process.listenerCount(name) > (name === "SIGUSR1" ? 2 : 1);
}

const held: { readonly name: NodeJS.Signals; readonly number: number }[] = [];

/** Whoever listens by now hears it as well: then it is that one's. */
const hold = (name: NodeJS.Signals, number: number): void => {
  if (!isHeardByOthers(name)) held.push({ name, number });
};

/** Keeps those that come until `passSignals` is called. */
export function holdSignals(): void {
  for (const name of names) process.on(name, hold);
}

/** Tells those that have come to whoever listens by now; where nobody does, they do what they do to any process. */
export async function passSignals(): Promise<void> {
  // One that was sent while modules were loaded is told when the event loop polls: without a listener it would be lost.
  await new Promise<void>((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
  for (const name of names) process.off(name, hold);
  for (const { name, number } of held.splice(0)) {
    if ((process.emit as (...args: unknown[]) => boolean)(name, name, number)) continue;
    if (process.pid === 1) endAs(name, number);
    else process.kill(process.pid, name);
  }
}

/** Signals that end any other process. */
const endings: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT", "SIGQUIT"];

/**
 * To process 1 the system does nothing by itself, and a container is killed when it has been told to end in vain: until
 * the answered function is called, what nobody else listens to ends it here. Does nothing in another process.
 */
export function endBySignals(): () => void {
  if (process.pid !== 1) return () => {};
  const end = (name: NodeJS.Signals, number: number): void => {
    if (!isHeardByOthers(name)) endAs(name, number);
  };
  for (const name of endings) process.on(name, end);
  return () => {
    for (const name of endings) process.off(name, end);
  };
}

/** As shells and containers tell an end by a signal. */
function endAs(name: NodeJS.Signals, number: number): void {
  if (endings.includes(name)) process.exit(128 + number);
}
