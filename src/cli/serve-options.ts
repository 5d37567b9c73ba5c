/** The options of `uisge serve` that become options of the server: numbers, modes, owners, certificates. */
import { readFileSync } from "node:fs";
import type { ListenOptions } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import type { HttpOptions, ServerOptions } from "../server/index.ts";

/** As `parseArgs` takes them. */
export const serverFlags = {
  "chmod-socket": { type: "string" },
  "chown-socket": { type: "string" },
  "recreate-socket": { type: "boolean" },
  transport: { type: "string" },
  allow: { type: "string", multiple: true },
  insecure: { type: "boolean" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "tls-ca": { type: "string" },
  "max-connections": { type: "string" },
  "max-body-bytes": { type: "string" },
  "header-timeout": { type: "string" },
  "body-timeout": { type: "string" },
  "write-timeout": { type: "string" },
  grace: { type: "string" },
  harakiri: { type: "string" },
} as const;

type Flags = Readonly<{
  [Name in keyof typeof serverFlags]?:
    | ((typeof serverFlags)[Name] extends { readonly type: "boolean" }
        ? boolean
        : (typeof serverFlags)[Name] extends { readonly multiple: true }
          ? string[]
          : string)
    | undefined;
}>;

/** What only `serve` sets beside these is the socket, the log and the application's own. */
export type ServeFlagsOptions = ListenOptions &
  Pick<HttpOptions, "harakiriMs" | "maxBodyBytes"> &
  Partial<Omit<ServerOptions, "plugins">>;

/**
 * Reads the options; what is not given keeps its default. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that
 * names the option and what it needs.
 */
export function readServerFlags(flags: Flags): ServeFlagsOptions {
  const tls = readTls(flags);
  return present({
    mode: read("--chmod-socket", flags["chmod-socket"], readMode),
    ...readOwner(flags["chown-socket"]),
    recreate: flags["recreate-socket"],
    transport: readTransport(flags.transport),
    allow: flags.allow,
    insecure: flags.insecure,
    tls,
    maxConnections: read("--max-connections", flags["max-connections"], readCount),
    maxBodyBytes: read("--max-body-bytes", flags["max-body-bytes"], readCount),
    headerTimeoutMs: read("--header-timeout", flags["header-timeout"], readSeconds),
    bodyTimeoutMs: read("--body-timeout", flags["body-timeout"], readSeconds),
    writeTimeoutMs: read("--write-timeout", flags["write-timeout"], readSeconds),
    graceMs: read("--grace", flags.grace, readSeconds),
    harakiriMs: read("--harakiri", flags.harakiri, readSeconds),
  });
}

/** The value of an option that has a few; the first is the default. */
export function readChoice<const Choice extends string>(
  option: string,
  text: string | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const [first] = choices;
  const found = text === undefined ? first : choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${option} ${text}: there are ${choices.join(", ")}`);
}

/** Seconds, as milliseconds; `off` where it is allowed: none. */
export function readTimeout(name: string, text: string | undefined, mayBeOff = false): number | undefined {
  return mayBeOff && text === "off" ? Number.POSITIVE_INFINITY : read(name, text, readSeconds);
}

/** A reader throws what is needed, in words; the name of the option is put before it. */
export function read<Value>(
  name: string,
  text: string | undefined,
  reader: (text: string) => Value | string,
): Value | undefined {
  if (text === undefined) return undefined;
  const value = reader(text);
  if (typeof value !== "string") return value;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${name} ${text}: ${value}`);
}

export function readMode(text: string): number | string {
  return /^[0-7]{3,4}$/.test(text) ? Number.parseInt(text, 8) : "an octal mode is needed, such as 660";
}

function readTransport(text: string | undefined): ListenOptions["transport"] {
  if (text === undefined || text === "auto" || text === "direct" || text === "net") return text;
  throw typeError("UWSGI_INVALID_ARGUMENT", `--transport ${text}: auto, direct or net is needed`);
}

export function readCount(text: string): number | string {
  const count = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) ? count : "a whole number is needed";
}

/** Milliseconds; finer than that is rounded up, so that a little time is never none. */
function readSeconds(text: string): number | string {
  const isNumber = /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(text);
  return isNumber ? Math.ceil(Number(text) * 1_000) : "a number of seconds is needed, such as 30 or 0.5";
}

/** `user`, `user:group` or `:group`, as uWSGI and chown(1) read it. */
function readOwner(text: string | undefined): Pick<ListenOptions, "owner" | "group"> {
  if (text === undefined) return {};
  const [owner = "", group, ...more] = text.split(":");
  if (more.length > 0 || (owner === "" && (group ?? "") === "")) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `--chown-socket ${text}: USER, USER:GROUP or :GROUP is needed`);
  }
  return present({ owner: owner === "" ? undefined : owner, group: group === "" ? undefined : group });
}

function readTls(flags: Flags): ListenOptions["tls"] {
  const { "tls-cert": cert, "tls-key": key, "tls-ca": ca } = flags;
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "TLS needs both --tls-cert FILE and --tls-key FILE");
  }
  return present({
    cert: readPem("--tls-cert", cert),
    key: readPem("--tls-key", key),
    ca: ca === undefined ? undefined : readPem("--tls-ca", ca),
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

/** Without the properties that are undefined: these would hide defaults. */
export function present<Options extends object>(
  options: Options,
): { [Name in keyof Options]: Exclude<Options[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Options]: Exclude<Options[Name], undefined>;
  };
}
