/** The order of a server's end: drain, wait, cut, stop. */
import { hookFailed } from "../diagnostics.ts";
import { AppError } from "../errors.ts";
import type { Lifecycle } from "../handler/index.ts";
import { AFTER_CUT_MS, DEFAULT_GRACE_MS, MAX_TIMER_MS, SILENT_STEP_MS } from "./options.ts";

/** A server that no longer accepts. */
export interface Closing {
  /** Identity of the server, for diagnostics. */
  readonly server: object;
  /** Default 60 000. */
  readonly graceMs: number | undefined;
  readonly lifecycle: Lifecycle | undefined;
  /** Cuts connections that have sent nothing for a second: no request is lost with them. */
  cutSilent(): void;
  /** Stops accepting at once, and cuts all that is left. */
  end(): void;
  /** Resolves when no exchange runs and no connection is open. */
  untilIdle(): Promise<void>;
}

/**
 * Calls `drain`, waits until the server is idle, cuts what is left after `graceMs`, and calls `stop`,
 * which may take as long again. A hook that fails or takes longer is reported, and not waited for.
 */
export async function closeGently(closing: Closing): Promise<void> {
  const { server, graceMs = DEFAULT_GRACE_MS, lifecycle } = closing;
  const drained = callHook(server, "drain", lifecycle, graceMs);
  const timers = [
    // A front end that has just connected is about to send its packet: that request shall not be lost.
    setInterval(() => closing.cutSilent(), SILENT_STEP_MS),
  ];
  const waits = [closing.untilIdle()];
  if (graceMs <= MAX_TIMER_MS) {
    timers.push(setTimeout(() => closing.end(), graceMs));
    // Behind the cut handlers end, and are logged; one that ignores its signal is not waited for.
    waits.push(
      new Promise((resolve) => {
        timers.push(setTimeout(resolve, graceMs + AFTER_CUT_MS));
      }),
    );
  }
  await Promise.race(waits);
  for (const timer of timers) clearTimeout(timer);
  // What is accepted from now on would be served by an application that has stopped.
  closing.end();
  await drained;
  await callHook(server, "stop", lifecycle, graceMs);
}

/** Never rejects. */
async function callHook(
  server: object,
  hook: "drain" | "stop",
  lifecycle: Lifecycle | undefined,
  mostMs: number,
): Promise<void> {
  if (lifecycle?.[hook] === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (mostMs > MAX_TIMER_MS) return;
    timer = setTimeout(() => {
      reject(new AppError(`${hook} has not ended within ${mostMs} ms`, { code: "UWSGI_APP_HOOK_FAILED" }));
    }, mostMs);
  });
  try {
    // Not within `close`, which a hook may call itself.
    await Promise.resolve();
    await Promise.race([lifecycle[hook](), late]);
  } catch (error) {
    hookFailed.publish({ server, hook, error });
  } finally {
    clearTimeout(timer);
  }
}
