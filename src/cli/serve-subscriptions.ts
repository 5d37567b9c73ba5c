/** The options of `uisge serve` by which it announces itself to routers, named and written as uWSGI's. */
import { typeError } from "../errors.ts";
import type { ServeOptions } from "../serve.ts";

/** As `parseArgs` takes them. */
export const subscriptionFlags = {
  "subscribe-to": { type: "string", multiple: true },
  subscribe2: { type: "string", multiple: true },
  "subscribe-freq": { type: "string" },
} as const;

interface Flags {
  readonly "subscribe-to"?: readonly string[] | undefined;
  readonly subscribe2?: readonly string[] | undefined;
  readonly "subscribe-freq"?: string | undefined;
}

/** What is to be announced; undefined where nothing is. Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`). */
export async function readSubscriptions(flags: Flags): Promise<ServeOptions["subscribe"]> {
  const { "subscribe-to": to = [], subscribe2 = [], "subscribe-freq": seconds } = flags;
  if (to.length === 0 && subscribe2.length === 0) {
    if (seconds === undefined) return undefined;
    throw typeError("UWSGI_INVALID_ARGUMENT", "--subscribe-freq is for --subscribe-to or --subscribe2");
  }
  const interval = seconds === undefined ? {} : { intervalMs: readSeconds(seconds) };
  const { parseSubscribe2, parseSubscribeTo } = await import("../upstream/index.ts");
  const found = [...to.flatMap(parseSubscribeTo), ...subscribe2.map(parseSubscribe2)];
  return found.map((one) => Object.assign(one, interval));
}

function readSeconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text) * 1_000;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `--subscribe-freq ${text}: a whole number of seconds is needed, such as 10`,
  );
}
