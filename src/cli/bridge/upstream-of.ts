/** To whom `uisge bridge` passes requests: one socket, several nodes, or those that announce themselves. */
import { Client, type Sender, type Timeouts } from "../../client/index.ts";
import { parseAddress } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";
import { logServer, logUpstream, type UpstreamLogOptions } from "../../log/index.ts";
import { parseNode, subscribedTo, Upstream, type UpstreamOptions } from "../../upstream/index.ts";
import type { UpstreamConfig } from "../../config/index.ts";
import { asFlag, type Label } from "../options/config-of.ts";
import { balancingOf } from "./balancing.ts";
import { present } from "../options/present.ts";
import { readUpstreamTls } from "../options/upstream-tls.ts";

/** Whoever sends the requests, until it is closed. */
export interface BridgeUpstream {
  readonly sender: Sender;
  /** For people: where requests go. */
  readonly names: readonly string[];
  close(): Promise<void>;
}

/**
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`); rejects where announcements cannot be listened
 * for. What happens to nodes is logged.
 */
export async function upstreamOf(
  config: UpstreamConfig,
  timeouts: Partial<Timeouts>,
  log: UpstreamLogOptions,
  label: Label = asFlag,
): Promise<BridgeUpstream> {
  const { to = [], "subscription-server": announced } = config;
  const tls = readUpstreamTls(config, label);
  // The bridge itself keeps back what would order a front end, unless `--pass-x-accel`.
  const options: UpstreamOptions = {
    timeouts,
    trustAccel: true,
    ...(tls === undefined ? {} : { tls }),
    ...balancingOf(config, label),
  };
  if (announced !== undefined) {
    if (to.length > 0) throw wrong("--subscription-server and --to: nodes announce themselves, or are given");
    return subscribed(announced, config, options, log);
  }
  for (const name of ["subscription-sign-check", "subscription-allow"] as const) {
    if (config[name] !== undefined) throw wrong(`${label(name)} is for --subscription-server`);
  }
  const [first] = to;
  if (first === undefined) throw wrong("bridge needs a uwsgi socket to pass requests on to: --to /tmp/app.sock");
  const nodes = to.map(parseNode);
  // One plain socket needs nobody who chooses.
  if (to.length === 1 && !/\s/.test(first.trim()) && !isBalanced(config) && parseAddress(first.trim()).kind !== "tcp") {
    const close = (): Promise<void> => Promise.resolve();
    return { sender: new Client(first.trim(), options), names: to, close };
  }
  const upstream = new Upstream({ ...options, nodes });
  const stopLog = logUpstream(upstream, log);
  return { sender: upstream, names: to, close: () => upstream.close().then(stopLog) };
}

async function subscribed(
  address: string,
  config: UpstreamConfig,
  upstream: UpstreamOptions,
  log: UpstreamLogOptions,
): Promise<BridgeUpstream> {
  const nodes = await subscribedTo(address, {
    ...present({ signCheck: config["subscription-sign-check"], allow: config["subscription-allow"] }),
    upstream,
  });
  const stopLog = logServer(nodes.server, log);
  const names = [`those that announce themselves to ${nodes.server.address}`];
  return { sender: nodes, names, close: () => nodes.close().then(stopLog) };
}

function isBalanced({ balance, ping, "slow-start": slowStart }: UpstreamConfig): boolean {
  return balance !== undefined || ping !== undefined || slowStart !== undefined;
}

function wrong(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
