/** Options of a configuration as those of a server: owners, modes, certificates, milliseconds. */
import { readFileSync } from "node:fs";
import type { ServeConfig } from "../../config/index.ts";
import type { ListenOptions } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";
import type { HttpOptions, ServerOptions } from "../../server/index.ts";
import { asFlag, type Label } from "./config-of.ts";
import { present } from "./present.ts";

/** What only `serve` sets beside these is the socket, the log and the application's own. */
export type ServerConfigOptions = ListenOptions &
  Pick<HttpOptions, "harakiriMs" | "maxBodyBytes"> &
  Partial<Omit<ServerOptions, "plugins">>;

/** Those that servers have, whatever they serve. */
export type ServerConfig = Pick<
  ServeConfig,
  | "chmod-socket"
  | "chown-socket"
  | "recreate-socket"
  | "transport"
  | "allow"
  | "insecure"
  | "tls-cert"
  | "tls-key"
  | "tls-ca"
  | "max-connections"
  | "max-body-bytes"
  | "header-timeout"
  | "body-timeout"
  | "write-timeout"
  | "grace"
  | "harakiri"
>;

/**
 * What is not given keeps its default. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the option and what it
 * needs.
 */
export function serverOptionsOf(config: ServerConfig, label: Label = asFlag): ServerConfigOptions {
  return present({
    mode: modeOf(config["chmod-socket"]),
    ...ownerOf(config["chown-socket"], label),
    recreate: config["recreate-socket"],
    transport: config.transport,
    allow: config.allow,
    insecure: config.insecure,
    tls: readTls(config, "TLS", label),
    maxConnections: config["max-connections"],
    maxBodyBytes: config["max-body-bytes"],
    headerTimeoutMs: milliseconds(config["header-timeout"]),
    bodyTimeoutMs: milliseconds(config["body-timeout"]),
    writeTimeoutMs: milliseconds(config["write-timeout"]),
    graceMs: milliseconds(config.grace),
    harakiriMs: milliseconds(config.harakiri),
  });
}

/** Finer than a millisecond is rounded up, so that a little time is never none. */
export function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(seconds * 1_000);
}

/** Octal digits. */
export function modeOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** `user`, `user:group` or `:group`, as uWSGI and chown(1) read it. */
function ownerOf(text: string | undefined, label: Label): Pick<ListenOptions, "owner" | "group"> {
  if (text === undefined) return {};
  const [owner = "", group, ...more] = text.split(":");
  if (more.length > 0 || (owner === "" && (group ?? "") === "")) {
    const needed = "USER, USER:GROUP or :GROUP is needed";
    throw typeError("UWSGI_INVALID_ARGUMENT", `${label("chown-socket")} ${text}: ${needed}`);
  }
  return present({ owner: owner === "" ? undefined : owner, group: group === "" ? undefined : group });
}

/** Certificate, key, and who signs those of clients. `what` needs both of the first two. */
export function readTls(
  { "tls-cert": cert, "tls-key": key, "tls-ca": ca }: Pick<ServerConfig, "tls-cert" | "tls-key" | "tls-ca">,
  what: string,
  label: Label,
): { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer } | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `${what} needs both --tls-cert FILE and --tls-key FILE`);
  }
  return present({
    cert: readPem(label("tls-cert"), cert),
    key: readPem(label("tls-key"), key),
    ca: ca === undefined ? undefined : readPem(label("tls-ca"), ca),
  });
}

/** The bytes of a file that an option names. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) when it cannot be read. */
export function readPem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The cause tells a file that may not be read from one that is not there.
    throw Object.assign(typeError("UWSGI_INVALID_ARGUMENT", `${name} ${file}: ${reason}`), { cause: error });
  }
}
