/** To whom `uisge bridge` passes requests: one socket, several nodes, or those that announce themselves. */
import { Client, type Sender, type Timeouts } from "../../client/index.ts";
import { parseAddress } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";
import { logServer, logUpstream, type UpstreamLogOptions } from "../../log/index.ts";
import { type Balance, parseNode, subscribedTo, Upstream, type UpstreamOptions } from "../../upstream/index.ts";
import { present, readTimeout } from "../serve-options.ts";
import { readUpstreamTls, type UpstreamTlsFlags, upstreamTlsFlags } from "../upstream-tls.ts";

const ownFlags = {
  to: { type: "string", multiple: true },
  balance: { type: "string" },
  ping: { type: "string" },
  "slow-start": { type: "string" },
  "subscription-server": { type: "string" },
  "subscription-sign-check": { type: "string" },
  "subscription-allow": { type: "string", multiple: true },
} as const;

/** As `parseArgs` takes them. */
export const upstreamFlags: typeof ownFlags & typeof upstreamTlsFlags = { ...ownFlags, ...upstreamTlsFlags };

/** Their values. */
export interface UpstreamFlags extends UpstreamTlsFlags {
  readonly to?: readonly string[] | undefined;
  readonly balance?: string | undefined;
  readonly ping?: string | undefined;
  readonly "slow-start"?: string | undefined;
  readonly "subscription-server"?: string | undefined;
  readonly "subscription-sign-check"?: string | undefined;
  readonly "subscription-allow"?: readonly string[] | undefined;
}

/** Whoever sends the requests, until it is closed. */
export interface BridgeUpstream {
  readonly sender: Sender;
  /** For people: where requests go. */
  readonly names: readonly string[];
  close(): Promise<void>;
}

const balances = [
  "round-robin",
  "least-connections",
  "power-of-two",
  "ip-hash",
  "uri-hash",
] as const satisfies Balance[];

/**
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`); rejects where announcements cannot be listened
 * for. What happens to nodes is logged.
 */
export async function upstreamOf(
  flags: UpstreamFlags,
  timeouts: Partial<Timeouts>,
  log: UpstreamLogOptions,
): Promise<BridgeUpstream> {
  const { to = [], "subscription-server": announced } = flags;
  const tls = readUpstreamTls(flags);
  // The bridge itself keeps back what would order a front end, unless `--pass-x-accel`.
  const options: UpstreamOptions = {
    timeouts,
    trustAccel: true,
    ...(tls === undefined ? {} : { tls }),
    ...readBalancing(flags),
  };
  if (announced !== undefined) {
    if (to.length > 0) throw wrong("--subscription-server and --to: nodes announce themselves, or are given");
    return subscribed(announced, flags, options, log);
  }
  for (const name of ["subscription-sign-check", "subscription-allow"] as const) {
    if (flags[name] !== undefined) throw wrong(`--${name} is for --subscription-server`);
  }
  const [first] = to;
  if (first === undefined) throw wrong("bridge needs a uwsgi socket to pass requests on to: --to /tmp/app.sock");
  const nodes = to.map(parseNode);
  // One plain socket needs nobody who chooses.
  if (to.length === 1 && !/\s/.test(first.trim()) && !isBalanced(flags) && parseAddress(first.trim()).kind !== "tcp") {
    const close = (): Promise<void> => Promise.resolve();
    return { sender: new Client(first.trim(), options), names: to, close };
  }
  const upstream = new Upstream({ ...options, nodes });
  const stopLog = logUpstream(upstream, log);
  return { sender: upstream, names: to, close: () => upstream.close().then(stopLog) };
}

async function subscribed(
  address: string,
  flags: UpstreamFlags,
  upstream: UpstreamOptions,
  log: UpstreamLogOptions,
): Promise<BridgeUpstream> {
  const nodes = await subscribedTo(address, {
    ...present({ signCheck: flags["subscription-sign-check"], allow: flags["subscription-allow"] }),
    upstream,
  });
  const stopLog = logServer(nodes.server, log);
  const names = [`those that announce themselves to ${nodes.server.address}`];
  return { sender: nodes, names, close: () => nodes.close().then(stopLog) };
}

function isBalanced({ balance, ping, "slow-start": slowStart }: UpstreamFlags): boolean {
  return balance !== undefined || ping !== undefined || slowStart !== undefined;
}

function readBalancing(flags: UpstreamFlags): UpstreamOptions {
  const pingMs = readTimeout("--ping", flags.ping);
  return present({
    balance: flags.balance === undefined ? undefined : readBalance(flags.balance),
    health: pingMs === undefined ? undefined : { active: { intervalMs: pingMs } },
    slowStartMs: readTimeout("--slow-start", flags["slow-start"]),
  });
}

/** One of those that have a name, or `hash:VAR`. */
function readBalance(text: string): Balance {
  if (text.startsWith("hash:")) return { hash: text.slice("hash:".length) };
  const found = balances.find((kind) => kind === text);
  if (found !== undefined) return found;
  throw wrong(`--balance ${text}: there are ${balances.join(", ")}, hash:VAR`);
}

function wrong(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
