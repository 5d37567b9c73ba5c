/** How a process has ended, in words: what an operator would have to look up otherwise. Pure. */

/** What is known of the end of a worker. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why we have killed it, where we have. */
  readonly killedFor?: string | undefined;
  /** What it has said itself about why it could not start. */
  readonly failed?: { readonly message: string } | undefined;
  /** It could not even be made a process. */
  readonly unborn?: { readonly message: string } | undefined;
}

/** How a command of an operator has ended. */
export type CommandEnd = Pick<WorkerEnd, "code" | "signal" | "unborn">;

/** Exit codes that say something by themselves: those of sysexits.h as workers use them, and Node's own. */
const codes: Readonly<Record<number, string>> = {
  1: "an error that nobody caught, or process.exit(1)",
  7: "the application's listener for uncaughtException failed itself",
  9: "node knows no such option: see nodeOptions and NODE_OPTIONS",
  13: "a top-level await of the application never ended",
  64: "a setting of the application is wrong",
  66: "there is no such application",
  70: "the application failed to load",
  77: "permission denied",
  78: "the configuration can never be right",
};

/** What shells end with. */
const shellCodes: Readonly<Record<number, string>> = {
  126: "it may not be executed",
  127: "there is no such program",
};

/** Which of both is not told, but node writes a heap's last moments to standard error. */
const ABORT = "out of memory, or process.abort(): node says above when it was memory";

const signals: Readonly<Record<string, string>> = {
  SIGKILL: "not by us, perhaps by the kernel for memory",
  SIGSEGV: "a fault in native code",
  SIGBUS: "a fault in native code",
  SIGILL: "a fault in native code",
  SIGTRAP: "a fault in native code, or out of memory: node says more above",
  SIGFPE: "a fault in native code",
  SIGXCPU: "by its limit of processor time",
  SIGXFSZ: "by its limit of file sizes",
  SIGSYS: "a system call that is not allowed here",
};

/** What node ends with when its heap is full: it aborts, which shells report as 134. */
const ABORTED = 134;

/** A clause for a log line, such as `exit 70: the application failed to load: ...`. */
export function exitReason({ code, signal, killedFor, failed, unborn }: WorkerEnd): string {
  if (unborn !== undefined) return `it could not be started: ${unborn.message}`;
  if (signal === "SIGKILL" && killedFor !== undefined) return `killed: ${killedFor}`;
  if (signal === "SIGABRT" || code === ABORTED) return `aborted (exit ${ABORTED}): ${ABORT}`;
  if (signal !== null) return bySignal(signal);
  const known = code === null ? undefined : codes[code];
  return [`exit ${code}`, known, failed?.message].filter(Boolean).join(": ");
}

/** As `exitReason`, of a command: its exit codes are its own. */
export function commandEnd({ code, signal, unborn }: CommandEnd): string {
  if (unborn !== undefined) return `it could not be started: ${unborn.message}`;
  if (signal !== null) return bySignal(signal);
  return [`exit ${code}`, shellCodes[code ?? 0]].filter(Boolean).join(": ");
}

function bySignal(signal: string): string {
  return [`killed by ${signal}`, signals[signal]].filter(Boolean).join(": ");
}
