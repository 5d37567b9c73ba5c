/** What a call of `server.listen` asks for, in all the forms that Node takes. Pure. */

/** Where a server wants to listen. */
export type Asked =
  | { readonly kind: "port"; readonly port: number; readonly host: string | undefined }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "fd"; readonly fd: number };

export interface ListenCall {
  readonly asked: Asked;
  readonly callback: (() => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What `address()` of a server answers. */
export type ServerAddress = string | { readonly address: string; readonly family: string; readonly port: number };

/**
 * Reads `(port, host, backlog, callback)`, `(path, backlog, callback)`, `(options, callback)` and `(callback)`, of
 * which all but the first may be missing, as Node's documentation of `net.Server.listen` has them. Undefined for what
 * Node refuses, and for a handle of its own.
 */
export function readListenArguments(args: readonly unknown[]): ListenCall | undefined {
  const last = args.at(-1);
  const callback = typeof last === "function" ? (last as () => void) : undefined;
  const [first, second] = args;
  if (typeof first === "object" && first !== null) {
    const asked = readOptions(first);
    const { signal } = first as { readonly signal?: unknown };
    return asked && { asked, callback, signal: signal instanceof AbortSignal ? signal : undefined };
  }
  const asked = isPath(first)
    ? ({ kind: "path", path: first } as const)
    : readPort(typeof first === "function" ? undefined : first, second);
  return asked && { asked, callback, signal: undefined };
}

/** For people: `port 3000`, `127.0.0.1:3000`, `/run/app.sock`, `fd 3`. */
export function describeAsked(asked: Asked): string {
  if (asked.kind === "path") return asked.path;
  if (asked.kind === "fd") return `fd ${asked.fd}`;
  const { host, port } = asked;
  if (host === undefined) return `port ${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** True when that is what `which` names: a port, `host:port`, or a path. */
export function isAsked(asked: Asked, which: string): boolean {
  if (asked.kind === "port" && which === String(asked.port)) return true;
  return which === describeAsked(asked);
}

/** What was asked for, as `address()` of a server that really listened would say it. */
export function addressOf(asked: Asked): ServerAddress {
  if (asked.kind === "path") return asked.path;
  const { host = "::", port } = asked.kind === "port" ? asked : { port: 0 };
  const address = host === "localhost" ? "127.0.0.1" : host;
  return { address, family: address.includes(":") ? "IPv6" : "IPv4", port };
}

function readOptions(options: object): Asked | undefined {
  const { _handle, handle, fd, port, host, path } = options as Readonly<Record<string, unknown>>;
  if (isHandle(_handle) || isHandle(handle)) return undefined;
  if (typeof fd === "number" && fd >= 0) return { kind: "fd", fd };
  if (
    "port" in options &&
    (typeof port === "number" || typeof port === "string" || port === undefined || port === null)
  ) {
    return readPort(port, host);
  }
  return isPath(path) ? { kind: "path", path } : undefined;
}

function isHandle(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** A string that is no number. */
function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !(Number(value) >= 0);
}

/** Without a port it is 0: any. */
function readPort(given: unknown, host: unknown): Asked | undefined {
  if (given !== undefined && given !== null && typeof given !== "number" && typeof given !== "string") return undefined;
  if (typeof given === "string" && given.trim() === "") return undefined;
  const port = Number(given ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  return { kind: "port", port, host: typeof host === "string" && host !== "" ? host : undefined };
}
