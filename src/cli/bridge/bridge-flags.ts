/** The options of `uisge bridge` as those of a bridge. */
import type { Timeouts } from "../../client/index.ts";
import { typeError } from "../../errors.ts";
import type { BridgeOptions, BridgeTls } from "../../gateway/index.ts";
import { present, read, readCount, readMode, readPem, readTimeout } from "../serve-options.ts";
import { upstreamFlags } from "./upstream-of.ts";

const ownFlags = {
  http: { type: "string", multiple: true },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "tls-ca": { type: "string" },
  "no-http2": { type: "boolean" },
  trust: { type: "string", multiple: true },
  forwarded: { type: "boolean" },
  "drop-odd-headers": { type: "boolean" },
  upgrade: { type: "string", multiple: true },
  "pass-x-accel": { type: "boolean" },
  var: { type: "string", multiple: true },
  modifier1: { type: "string" },
  "chmod-socket": { type: "string" },
  "spool-folder": { type: "string" },
  "max-body-bytes": { type: "string" },
  "max-connections": { type: "string" },
  "head-timeout": { type: "string" },
  "body-timeout": { type: "string" },
  "write-timeout": { type: "string" },
  "keep-alive": { type: "string" },
  "connect-timeout": { type: "string" },
  "response-timeout": { type: "string" },
  grace: { type: "string" },
  "access-log": { type: "string" },
  log: { type: "string" },
} as const;

/** As `parseArgs` takes them. */
export const bridgeFlags: typeof ownFlags & typeof upstreamFlags = { ...ownFlags, ...upstreamFlags };

/** Their values. */
export type BridgeFlags = Readonly<{
  [Name in keyof typeof bridgeFlags]?:
    | ((typeof bridgeFlags)[Name] extends { readonly type: "boolean" }
        ? boolean
        : (typeof bridgeFlags)[Name] extends { readonly multiple: true }
          ? string[]
          : string)
    | undefined;
}>;

/**
 * Reads the options; what is not given keeps its default. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`,
 * `UWSGI_INVALID_ADDRESS`) that names the option and what it needs.
 */
export function readBridgeFlags(flags: BridgeFlags): Omit<BridgeOptions, "to"> {
  return present({
    listen: flags.http,
    tls: readTls(flags),
    http2: flags["no-http2"] === true ? false : undefined,
    trust: flags.trust,
    forwardedBy: flags.forwarded === true ? ("forwarded" as const) : undefined,
    headerNames: flags["drop-odd-headers"] === true ? ("drop" as const) : undefined,
    upgrades: flags.upgrade,
    passFrontEndHeaders: flags["pass-x-accel"],
    vars: readVars(flags.var),
    modifier1: read("--modifier1", flags.modifier1, readCount),
    mode: read("--chmod-socket", flags["chmod-socket"], readMode),
    spoolFolder: flags["spool-folder"],
    maxBodyBytes: read("--max-body-bytes", flags["max-body-bytes"], readCount),
    maxConnections: read("--max-connections", flags["max-connections"], readCount),
    headTimeoutMs: readTimeout("--head-timeout", flags["head-timeout"]),
    bodyTimeoutMs: readTimeout("--body-timeout", flags["body-timeout"]),
    writeTimeoutMs: readTimeout("--write-timeout", flags["write-timeout"]),
    keepAliveTimeoutMs: readTimeout("--keep-alive", flags["keep-alive"]),
    graceMs: readTimeout("--grace", flags.grace),
  });
}

/** How long those behind the bridge may take. Throws as `readBridgeFlags`. */
export function readTimeouts(flags: BridgeFlags): Partial<Timeouts> {
  return present({
    connectMs: readTimeout("--connect-timeout", flags["connect-timeout"], true),
    responseMs: readTimeout("--response-timeout", flags["response-timeout"], true),
  });
}

function readTls(flags: BridgeFlags): BridgeTls | undefined {
  const { "tls-cert": cert, "tls-key": key, "tls-ca": ca } = flags;
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "HTTPS needs both --tls-cert FILE and --tls-key FILE");
  }
  return present({
    cert: readPem("--tls-cert", cert),
    key: readPem("--tls-key", key),
    ca: ca === undefined ? undefined : readPem("--tls-ca", ca),
  });
}

function readVars(pairs: readonly string[] | undefined): Record<string, string> | undefined {
  if (pairs === undefined) return undefined;
  const vars: [string, string][] = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw typeError("UWSGI_INVALID_ARGUMENT", `--var ${pair}: NAME=VALUE is needed`);
    return [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return Object.fromEntries(vars);
}
