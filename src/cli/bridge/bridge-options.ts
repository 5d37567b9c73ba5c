/** Options of a configuration as those of a bridge. */
import type { BridgeConfig } from "../../config/index.ts";
import type { BridgeOptions } from "../../gateway/index.ts";
import { asFlag, type Label } from "../options/config-of.ts";
import { present } from "../options/present.ts";
import { milliseconds, modeOf, readTls } from "../options/server-options.ts";

/**
 * What is not given keeps its default. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`) that names
 * the option and what it needs.
 */
export function bridgeOptionsOf(config: BridgeConfig, label: Label = asFlag): Omit<BridgeOptions, "to"> {
  return present({
    listen: config.http,
    tls: readTls(config, "HTTPS", label),
    http2: config["no-http2"] === true ? false : undefined,
    trust: config.trust,
    forwardedBy: config.forwarded === true ? ("forwarded" as const) : undefined,
    headerNames: config["drop-odd-headers"] === true ? ("drop" as const) : undefined,
    upgrades: config.upgrade,
    passFrontEndHeaders: config["pass-x-accel"],
    vars: config.var,
    modifier1: config.modifier1,
    mode: modeOf(config["chmod-socket"]),
    spoolFolder: config["spool-folder"],
    maxBodyBytes: config["max-body-bytes"],
    maxConnections: config["max-connections"],
    headTimeoutMs: milliseconds(config["head-timeout"]),
    bodyTimeoutMs: milliseconds(config["body-timeout"]),
    writeTimeoutMs: milliseconds(config["write-timeout"]),
    keepAliveTimeoutMs: milliseconds(config["keep-alive"]),
    graceMs: milliseconds(config.grace),
  });
}
