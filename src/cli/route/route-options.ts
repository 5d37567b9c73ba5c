/** The options of `uisge route`. */
import { readFileSync } from "node:fs";
import { typeError } from "../../errors.ts";
import type { NamedUpstream, PacketRouterOptions } from "../../gateway/index.ts";
import { parseRulesFile, type RulesFile } from "../../router/index.ts";
import { present, readTimeout, serverFlags } from "../serve-options.ts";
import { readUpstreamTls, type UpstreamTlsFlags, upstreamTlsFlags } from "../upstream-tls.ts";
import { subscriptionFlags } from "./subscription-flags.ts";

// A body is piped as it comes: what limits one, or the application, is for servers that read it.
type SharedFlags = Omit<typeof serverFlags, "max-body-bytes" | "body-timeout" | "harakiri">;
const { "max-body-bytes": _maxBody, "body-timeout": _bodyTimeout, harakiri: _harakiri, ...sharedFlags } = serverFlags;

const ownFlags = {
  socket: { type: "string", short: "s", multiple: true },
  rule: { type: "string", multiple: true },
  rules: { type: "string" },
  upstream: { type: "string", multiple: true },
  ping: { type: "string" },
  explain: { type: "string", multiple: true },
  modifier1: { type: "string" },
  json: { type: "boolean" },
  "connect-timeout": { type: "string" },
  "idle-timeout": { type: "string" },
  "plain-close": { type: "boolean" },
  "strip-accel": { type: "boolean" },
  "access-log": { type: "string" },
  log: { type: "string" },
} as const;

/** As `parseArgs` takes them. */
export const routeFlags: typeof ownFlags & typeof subscriptionFlags & typeof upstreamTlsFlags & SharedFlags = {
  ...ownFlags,
  ...subscriptionFlags,
  ...upstreamTlsFlags,
  ...sharedFlags,
};

interface Flags extends UpstreamTlsFlags {
  readonly rule?: readonly string[] | undefined;
  readonly rules?: string | undefined;
  readonly upstream?: readonly string[] | undefined;
  readonly ping?: string | undefined;
  readonly "subscription-server"?: string | undefined;
  readonly "connect-timeout"?: string | undefined;
  readonly "idle-timeout"?: string | undefined;
  readonly "plain-close"?: boolean | undefined;
  readonly "strip-accel"?: boolean | undefined;
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_BAD_RULE`) that names the option and what it needs. */
export function readRouterFlags(flags: Flags): PacketRouterOptions {
  const file = flags.rules === undefined ? { upstreams: {}, rules: [] } : readRulesFile(flags.rules);
  const given = [...(flags.rule ?? []), ...file.rules];
  const rules = given.length === 0 && flags["subscription-server"] !== undefined ? ["-> subscribed"] : given;
  if (rules.length === 0) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "route needs rules: --rule 'host=a.com -> /run/a.sock' or --rules FILE");
  }
  const intervalMs = readTimeout("--ping", flags.ping);
  return {
    rules,
    // What a file says of an upstream is checked by who makes it.
    upstreams: {
      ...(file.upstreams as Record<string, NamedUpstream>),
      ...Object.fromEntries((flags.upstream ?? []).map(readUpstream)),
    },
    answersFailures: flags["plain-close"] !== true,
    ...present({
      connectMs: readTimeout("--connect-timeout", flags["connect-timeout"], true),
      idleMs: readTimeout("--idle-timeout", flags["idle-timeout"], true),
      stripAccel: flags["strip-accel"],
      health: intervalMs === undefined ? undefined : { active: { intervalMs } },
      tls: readUpstreamTls(flags),
    }),
  };
}

function readRulesFile(path: string): RulesFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(typeError("UWSGI_INVALID_ARGUMENT", `--rules ${path}: ${reason}`), { cause: error });
  }
  return parseRulesFile(text, path);
}

function readUpstream(text: string): [name: string, addresses: readonly string[]] {
  const equals = text.indexOf("=");
  const addresses = text.slice(equals + 1).split(",");
  if (equals < 1 || addresses.includes("")) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `--upstream ${text}: NAME=ADDRESS[,ADDRESS...] is needed`);
  }
  return [text.slice(0, equals), addresses];
}
