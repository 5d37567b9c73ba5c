/** What the log says of workers. Pure. */
import type { RunningRequest } from "../../server/index.ts";
import type { FromWorker } from "../channel/messages.ts";
import type { KillReason, PlanLimits, StopReason, WantsOut } from "../plan/view.ts";

const outs: Readonly<Record<WantsOut, string>> = {
  "max-requests": "it has answered as many requests as it may",
  "max-lifetime": "it has lived as long as it may",
  memory: "its memory is too large",
  rejection: "a promise was rejected that nobody handles",
  exception: "an error that nobody caught",
  closed: "the application has closed its server",
  asked: "SIGTERM to it",
};

const stops: Readonly<Record<StopReason, string>> = {
  ...outs,
  reload: "a newer version has taken its place",
  "reload-failed": "its version was given up",
  scale: "fewer are wanted",
  replaced: "another has taken its place",
  end: "the service ends",
};

export function whyOut(why: WantsOut): string {
  return outs[why];
}

export function whyStop(why: StopReason): string {
  return stops[why];
}

/** One row a reason. */
const kills: Readonly<Record<KillReason, (limits: PlanLimits) => string>> = {
  "start-timeout": ({ startTimeoutMs }) => `it was not ready within ${seconds(startTimeoutMs)}`,
  grace: () => "it was told to leave, and has not in time",
  harakiri: ({ harakiriMs = 0 }) =>
    `a request has run for longer than ${seconds(harakiriMs)}, and its event loop is stuck`,
  memory: ({ evilReloadOnRssBytes }) => `its memory is larger than ${evilReloadOnRssBytes} bytes`,
  "reload-failed": () => "its version was given up",
};

export function whyKill(why: KillReason, limits: PlanLimits): string {
  return kills[why](limits);
}

/** Where a worker is stuck, and with what, in one line. */
export function stuckLine(who: string, { forMs, stack, requests }: FromWorker & { readonly kind: "stuck" }): string {
  const running = requests.length === 0 ? "" : `, with ${requests.map(requestText).join("; ")}`;
  const where = stack.map((line) => line.trim()).filter((line) => line !== "");
  return `${who} is stuck for ${seconds(forMs)}${running}: ${where.length === 0 ? "nobody knows where" : where.join(" | ")}`;
}

function requestText({ id, method, path, remote, ms }: RunningRequest): string {
  return `[${id}] ${method} ${path} from ${remote} for ${seconds(ms)}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 10) / 100} s`;
}
