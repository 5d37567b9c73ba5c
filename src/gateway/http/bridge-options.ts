/** What can be set at a bridge, its defaults, and what is no sensible value. */
import { senderTo, type Sender, type Timeouts, type To } from "../../client/index.ts";
import { AllowList, type DialTls, type ListenOptions } from "../../connection/index.ts";
import { rangeError, typeError } from "../../errors.ts";
import { type HttpAddress, parseHttpAddress } from "./http-address.ts";

/** TLS towards clients. */
export interface BridgeTls {
  /** Certificate chain, PEM. */
  readonly cert: string | Uint8Array;
  /** Private key, PEM. */
  readonly key: string | Uint8Array;
  readonly passphrase?: string;
  /** Authorities, PEM: clients must show a certificate that one of them has signed. Default: none is asked for. */
  readonly ca?: string | Uint8Array;
  /** OpenSSL's cipher list. Default Node's. */
  readonly ciphers?: string;
  /** Default `TLSv1.2`, as nginx. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

/** Numbers: limits and deadlines. All may be `Infinity` but `maxHeadBytes`, which Node's parser counts. */
export interface BridgeLimits {
  /** Most bytes of a request body, with or without a length. Default 1 GiB; more is a 413. */
  readonly maxBodyBytes: number;
  /** Most bytes of the request line and headers. Default 16 384, as Node; more is a 431. */
  readonly maxHeadBytes: number;
  /** Connections at a time. Default 10 000; for one more an idle one is closed, else the new one. */
  readonly maxConnections: number;
  /** Requests of one HTTP/1.1 connection. Default 1 000, as nginx's `keepalive_requests`. */
  readonly maxRequestsPerConnection: number;
  /** Requests that one HTTP/2 connection has at a time. Default 128, as nginx's `http2_max_concurrent_streams`. */
  readonly maxStreams: number;
  /** From the connect, or the first byte of a further request, to the end of its head: 408. Default 10 000. */
  readonly headTimeoutMs: number;
  /** Silence while the request body is waited for: 408. Default 30 000. */
  readonly bodyTimeoutMs: number;
  /** Least bytes a second of the request body, once 60 s were spent waiting for it: 408. Default 1 024. */
  readonly minBodyRate: number;
  /** While a piece of the answer, 64 KiB or so, waits to be taken by the client. Default 60 000, as nginx's `send_timeout`. */
  readonly writeTimeoutMs: number;
  /** Between two requests. Default 75 000, as nginx's `keepalive_timeout`. */
  readonly keepAliveTimeoutMs: number;
  /** How long `close()` waits for what runs, WebSockets too. Default 60 000. */
  readonly graceMs: number;
}

export interface BridgeOptions
  extends Partial<BridgeLimits>, Pick<ListenOptions, "backlog" | "mode" | "owner" | "group" | "recreate"> {
  /** The uwsgi socket: a path, `host:port` or another form of `parseAddress`; or whoever else sends requests. */
  readonly to: To;
  /** Where to listen when `listen` does not say. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  /**
   * Where to listen instead: `host:port`, `:port` (all addresses of the machine), a path, `@name`, `fd://3`; one or several,
   * each with `http://` or `https://` before it where it is not what `tls` says. TCP beyond loopback is what an HTTP server
   * is for: nothing more need be said for it.
   */
  readonly listen?: string | readonly string[];
  /** With it all addresses are HTTPS, but those with `http://`. */
  readonly tls?: BridgeTls;
  /** Offer HTTP/2 to clients over TLS. Default true. Without TLS there is none. */
  readonly http2?: boolean;
  /**
   * Whose word on the client counts: addresses and networks of proxies in front, `unix` for those who come by a unix socket.
   * Default nobody's: `X-Forwarded-*` and `Forwarded` of all others are dropped.
   */
  readonly trust?: readonly string[];
  /** Which headers those proxies set: `x-forwarded` (default) or `forwarded` (RFC 7239). The others are dropped. */
  readonly forwardedBy?: "x-forwarded" | "forwarded";
  /** Header names with other characters than letters, digits and `-`: `refuse` (default, 400) or `drop` them, as nginx. */
  readonly headerNames?: "refuse" | "drop";
  /** Protocols that may follow an `Upgrade`, in small letters. Default `websocket`; others are not offered to the upstream. */
  readonly upgrades?: readonly string[];
  /** SERVER_NAME. Default `localhost`. */
  readonly serverName?: string;
  /** Vars for every request, such as `DOCUMENT_ROOT` or `UWSGI_SCHEME`; they stand instead of the bridge's own. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Of the packets. Default 0; 5 for Perl (PSGI), 7 for Ruby (Rack), 9 for CGI behind a uWSGI without other plugins. */
  readonly modifier1?: number;
  readonly modifier2?: number;
  /** Passes `X-Accel-*`, `X-Sendfile` and their like on: for a front end that acts upon them. Default false. */
  readonly passFrontEndHeaders?: boolean;
  /** Where uploads without a length are kept from 1 MiB on. Default the system's folder for temporary files. */
  readonly spoolFolder?: string;
  /** Of the upstream, where `to` is an address. */
  readonly timeouts?: Partial<Timeouts>;
  /** For `suwsgi://` addresses in `to`. */
  readonly upstreamTls?: DialTls;
  /** Told of what was answered with 502, 503 or 504, or broken off, because of the upstream. */
  readonly onError?: (error: unknown) => void;
}

/** Options with their defaults, read. */
export interface BridgeSettings extends BridgeLimits {
  readonly sender: Sender;
  readonly addresses: readonly HttpAddress[];
  readonly hasHttp2: boolean;
  readonly trusted: AllowList | undefined;
  readonly trustsUnix: boolean;
  readonly forwardedBy: "x-forwarded" | "forwarded";
  readonly dropsOddNames: boolean;
  readonly upgrades: ReadonlySet<string>;
  readonly serverName: string;
  readonly vars: readonly (readonly [name: string, value: string])[];
  readonly modifier1: number;
  readonly modifier2: number;
  readonly passFrontEndHeaders: boolean;
  readonly spoolFolder: string | undefined;
  readonly timeouts: Partial<Timeouts> | undefined;
  readonly onError: ((error: unknown) => void) | undefined;
}

const defaults: BridgeLimits = {
  maxBodyBytes: 1024 ** 3,
  maxHeadBytes: 16_384,
  maxConnections: 10_000,
  maxRequestsPerConnection: 1_000,
  maxStreams: 128,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 30_000,
  minBodyRate: 1_024,
  writeTimeoutMs: 60_000,
  keepAliveTimeoutMs: 75_000,
  graceMs: 60_000,
};

/** What may be 0: no body at all, no wait at the end, any rate. */
const mayBeZero: ReadonlySet<string> = new Set(["maxBodyBytes", "graceMs", "minBodyRate"]);

/** Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_INVALID_ADDRESS`) for options that cannot be right. */
export function readBridgeOptions(options: BridgeOptions): BridgeSettings {
  const { trust = [], forwardedBy = "x-forwarded", headerNames = "refuse", tls, timeouts, upstreamTls } = options;
  checkChoice("forwardedBy", forwardedBy, ["x-forwarded", "forwarded"]);
  checkChoice("headerNames", headerNames, ["refuse", "drop"]);
  const networks = trust.filter((entry) => entry !== "unix");
  const { modifier1 = 0, modifier2 = 0 } = options;
  checkByte("modifier1", modifier1);
  checkByte("modifier2", modifier2);
  return {
    ...readLimits(options),
    sender: senderTo(options.to, {
      // What orders front ends is kept back by the bridge itself, or passed on.
      trustAccel: true,
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(upstreamTls === undefined ? {} : { tls: upstreamTls }),
    }),
    addresses: readAddresses(options),
    hasHttp2: options.http2 ?? tls !== undefined,
    trusted: networks.length === 0 ? undefined : new AllowList(networks, "trust"),
    trustsUnix: trust.includes("unix"),
    forwardedBy,
    dropsOddNames: headerNames === "drop",
    upgrades: new Set((options.upgrades ?? ["websocket"]).map((name) => name.toLowerCase())),
    serverName: options.serverName ?? "localhost",
    vars: Object.entries(options.vars ?? {}),
    modifier1,
    modifier2,
    passFrontEndHeaders: options.passFrontEndHeaders ?? false,
    spoolFolder: options.spoolFolder,
    timeouts,
    onError: options.onError,
  };
}

function readLimits(options: BridgeOptions): BridgeLimits {
  const limits: { -readonly [Name in keyof BridgeLimits]: number } = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof BridgeLimits)[]) {
    const value = options[name];
    if (value === undefined) continue;
    const least = mayBeZero.has(name) ? 0 : 1;
    const isCount = Number.isSafeInteger(value) || (value === Number.POSITIVE_INFINITY && name !== "maxHeadBytes");
    if (typeof value !== "number" || !isCount || value < least) {
      throw rangeError(
        "UWSGI_INVALID_ARGUMENT",
        `${name} is ${String(value)}, a whole number of at least ${least} is needed`,
      );
    }
    limits[name] = value;
  }
  return limits;
}

function readAddresses({ listen, host, port, tls, http2 }: BridgeOptions): HttpAddress[] {
  if (listen !== undefined && (host !== undefined || port !== undefined)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "listen says where to listen, and so do host and port: one is needed");
  }
  const isTls = tls !== undefined;
  const addresses =
    listen === undefined
      ? [{ address: { kind: "tcp", host: host ?? "127.0.0.1", port: port ?? 0 }, isTls, isAny: false } as const]
      : (typeof listen === "string" ? [listen] : listen).map((text) => parseHttpAddress(text, isTls));
  if (addresses.length === 0) throw typeError("UWSGI_INVALID_ARGUMENT", "listen is empty, an address is needed");
  const hasTls = addresses.some((one) => one.isTls);
  if (hasTls && !isTls)
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      "https:// needs a certificate and its key: tls, or --tls-cert FILE and --tls-key FILE",
    );
  if (isTls && !hasTls) throw typeError("UWSGI_INVALID_ARGUMENT", "tls is for https:// addresses, and there is none");
  if (http2 === true && !isTls) throw typeError("UWSGI_INVALID_ARGUMENT", "http2 needs tls: there is none without it");
  return addresses;
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${name} is ${value}, there are ${choices.join(", ")}`);
}

function checkByte(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= 255) return;
  throw rangeError("UWSGI_INVALID_ARGUMENT", `${name} is ${String(value)}, allowed are 0 to 255`);
}
