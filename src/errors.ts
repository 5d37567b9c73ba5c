/**
 * What can go wrong, named once.
 *
 * Split by who is to blame: `ProtocolError` (the peer broke a rule), its subclass `LimitError` (the
 * peer asked for more than is allowed), `ConnectionError` (the transport), `TimeoutError` (somebody
 * was too slow), `UpstreamError` (no server left to ask), `AppError` (the application), `WorkerError` (a process that
 * serves it), `ConfigError` (what somebody has written down). A caller's own mistake is a plain `TypeError` or
 * `RangeError` that carries a `code`. Match on
 * `code`: it is stable, the message is for people.
 */

export type ErrorCode =
  /** The stream ended inside a packet. */
  | "UWSGI_TRUNCATED_PACKET"
  /** A var has a key of zero bytes. */
  | "UWSGI_EMPTY_KEY"
  /** A key length runs past the end of the vars block. */
  | "UWSGI_KEY_PAST_END"
  /** A value length runs past the end of the vars block. */
  | "UWSGI_VALUE_PAST_END"
  /** The vars block ends inside a length, or with bytes that cannot be a pair. */
  | "UWSGI_TRAILING_BYTES"
  /** An array item runs past the end of its block. */
  | "UWSGI_ITEM_PAST_END"
  /** The header announces more bytes than the limit `maxDatasize` allows. */
  | "UWSGI_DATASIZE_LIMIT"
  /** The block holds more vars than the limit `maxVars` allows. */
  | "UWSGI_VARS_LIMIT"
  /** The block holds more array items than the limit `maxItems` allows. */
  | "UWSGI_ITEMS_LIMIT"
  /** A packet to be written would need more than 65 535 bytes of payload. */
  | "UWSGI_PACKET_TOO_LARGE"
  /** A packet to be written does not fit the buffer it was given. */
  | "UWSGI_BUFFER_TOO_SMALL"
  /** A string that must be latin-1 holds a character above U+00FF. */
  | "UWSGI_NOT_LATIN1"
  /** An argument has the wrong type or an impossible value. */
  | "UWSGI_INVALID_ARGUMENT"
  /** A response status is not one that front ends relay. */
  | "UWSGI_INVALID_STATUS"
  /** A response header has an invalid name or value, or is not for applications to set. */
  | "UWSGI_INVALID_HEADER"
  /** A response that was read does not begin with a valid status line or header. */
  | "UWSGI_BAD_RESPONSE_HEAD"
  /** A response head that was read is longer than the limit `maxHeadBytes`. */
  | "UWSGI_RESPONSE_HEAD_LIMIT"
  /** CONTENT_LENGTH is not a plain decimal number of at most 2^53-1. */
  | "UWSGI_BAD_CONTENT_LENGTH"
  /** HTTP_TRANSFER_ENCODING announces a body, and there is no CONTENT_LENGTH to say how long it is. */
  | "UWSGI_LENGTH_REQUIRED"
  /** REQUEST_METHOD is not a token, or an HTTP request has CONNECT or TRACE, which no bridge passes on. */
  | "UWSGI_BAD_METHOD"
  /** A var that must be unique came twice with different values. */
  | "UWSGI_CONFLICTING_VARS"
  /** An HTTP request target cannot be turned into a path. */
  | "UWSGI_BAD_TARGET"
  /** An HTTP request has headers that cannot be passed on unambiguously. */
  | "UWSGI_BAD_REQUEST_HEADER"
  /** A request body is longer than the limit allows. */
  | "UWSGI_BODY_LIMIT"
  /** The packet's modifier1 is not served here. */
  | "UWSGI_MODIFIER_REFUSED"
  /** The peer closed the connection before the request body was complete. */
  | "UWSGI_BODY_TRUNCATED"
  /** The peer closed or reset the connection. */
  | "UWSGI_PEER_GONE"
  /** A connection could not be made. */
  | "UWSGI_CONNECT_FAILED"
  /** The direct transport was asked for and does not work here. */
  | "UWSGI_TRANSPORT_UNAVAILABLE"
  /** A whole packet did not come within `headerTimeoutMs`, or the head of an HTTP request within `headTimeoutMs`. */
  | "UWSGI_HEADER_TIMEOUT"
  /** The request body stopped coming for `bodyTimeoutMs`, or came slower than `minBodyRate`. */
  | "UWSGI_BODY_TIMEOUT"
  /** The peer did not take the answer for `writeTimeoutMs`. */
  | "UWSGI_WRITE_TIMEOUT"
  /** The application had not answered a request whole within `harakiriMs`. */
  | "UWSGI_HARAKIRI"
  /** An address is not `host:port`, a socket path, or another known form. */
  | "UWSGI_INVALID_ADDRESS"
  /** Other machines could reach the address, and nothing says who may. */
  | "UWSGI_ADDRESS_EXPOSED"
  /** The peer's address is not in the list `allow`. */
  | "UWSGI_PEER_NOT_ALLOWED"
  /** There are as many connections as `maxConnections` allows. */
  | "UWSGI_CONNECTIONS_LIMIT"
  /** The TLS handshake with a peer failed; `cause` has the reason. */
  | "UWSGI_TLS_FAILED"
  /** Somebody already answers at the address. */
  | "UWSGI_ADDRESS_IN_USE"
  /** Listening failed for another reason; `cause` has it. */
  | "UWSGI_LISTEN_FAILED"
  /** The server is closing or closed. */
  | "UWSGI_SERVER_CLOSED"
  /** The application broke the gateway interface. */
  | "UWSGI_APP_CONTRACT"
  /** The server, or middleware, below an application broke the gateway interface; `lint` has seen it. */
  | "UWSGI_SERVER_CONTRACT"
  /** No application could be found under the given name. */
  | "UWSGI_APP_NOT_FOUND"
  /** The module of the application failed to load; `cause` has the reason. */
  | "UWSGI_APP_LOAD_FAILED"
  /** A hook of the application (`start`, `ready`, `drain`, `stop`) failed, or took too long; `cause` has the reason. */
  | "UWSGI_APP_HOOK_FAILED"
  /** A package that is installed only by those who need it is not there; the message says which. */
  | "UWSGI_PACKAGE_MISSING"
  /** A session was used before it was loaded. */
  | "UWSGI_SESSION_NOT_LOADED"
  /** A session has more in it than there is room for, in its cookie or in the store. */
  | "UWSGI_SESSION_LIMIT"
  /** The store of sessions failed; `cause` has the reason. */
  | "UWSGI_SESSION_STORE"
  /** No connection, with its TLS handshake, within `connectMs`: nothing was sent. */
  | "UWSGI_CONNECT_TIMEOUT"
  /** The server took nothing of what was to be sent for `sendMs`. */
  | "UWSGI_SEND_TIMEOUT"
  /** The head of a response did not come within `responseMs`; through a router nothing of one within `idleMs`. */
  | "UWSGI_RESPONSE_TIMEOUT"
  /** The body of a response stopped coming for `bodyMs`; through a router for `idleMs`. */
  | "UWSGI_RESPONSE_BODY_TIMEOUT"
  /** A request and its response took longer than `totalMs`. */
  | "UWSGI_TOTAL_TIMEOUT"
  /** The body of a response ended before it was complete. */
  | "UWSGI_RESPONSE_TRUNCATED"
  /** What came is no answer to the packet that was sent. */
  | "UWSGI_BAD_REPLY"
  /** A chunked response body that was read is malformed. */
  | "UWSGI_BAD_CHUNKING"
  /** A response, or a reply, is longer than its reader allows. */
  | "UWSGI_RESPONSE_LIMIT"
  /** The body of a request that was to be sent failed; `cause` has the reason. */
  | "UWSGI_REQUEST_BODY_FAILED"
  /** The body of a request is longer or shorter than was announced. */
  | "UWSGI_BODY_LENGTH"
  /** What came to an HTTP port is no valid HTTP; `cause` has the parser's reason. */
  | "UWSGI_BAD_HTTP"
  /** A request by a version of HTTP that is not spoken here. */
  | "UWSGI_BAD_VERSION"
  /** A request has an `Expect` that nobody can meet. */
  | "UWSGI_EXPECTATION"
  /** An upstream has no node that a request could be sent to; the message lists each and why. */
  | "UWSGI_NO_NODE"
  /** An announcement of a node (packet 224) was refused: malformed, not signed as it must be, too old, too much. */
  | "UWSGI_BAD_SUBSCRIPTION"
  /** No rule of the router says where the packet goes. */
  | "UWSGI_NO_ROUTE"
  /** A rule of the router cannot be read; the message says which, where, and what is allowed. */
  | "UWSGI_BAD_RULE"
  /** A capture, a recording, or a description of packets that is to be read is not one, or is broken. */
  | "UWSGI_BAD_CAPTURE"
  /** A dispatcher was closed or destroyed, and takes no more requests. */
  | "UWSGI_DISPATCHER_CLOSED"
  /** A dispatcher was asked for an origin that is not among its `origins`. */
  | "UWSGI_ORIGIN_REFUSED"
  /** A front end's configuration, or the file of a vassal, cannot be read; the message has file and place. */
  | "UWSGI_BAD_CONFIGURATION"
  /** There is no configuration to look at: no such file or folder, or nginx could not be asked. */
  | "UWSGI_NO_CONFIGURATION"
  /** What came from the other process, of a manager or of its control socket, is none of the messages that there are. */
  | "UWSGI_BAD_MESSAGE"
  /** What came over a control socket is no command, or no answer, that there is; the message says what there is. */
  | "UWSGI_BAD_CONTROL"
  /** A manager has refused a command, or could not do it; the message has its reason. */
  | "UWSGI_CONTROL_FAILED"
  /** No manager runs that was meant, or nobody answers at its control socket. */
  | "UWSGI_NO_INSTANCE"
  /** Several managers run that could be meant; the message lists them. */
  | "UWSGI_SEVERAL_INSTANCES"
  /** No worker of a manager could be started; the message says why, and `exitCode` what the process should end with. */
  | "UWSGI_WORKER_FAILED"
  /** A new version of the application could not be started, or the service ends; the message says why. The old one serves on. */
  | "UWSGI_RELOAD_FAILED"
  /** No new master has taken over; the message says why. The old one goes on. */
  | "UWSGI_UPGRADE_FAILED"
  /** A worker cannot take the user, the groups or the mask that it shall have, or would still be root. */
  | "UWSGI_PRIVILEGES";

export interface UwsgiErrorOptions extends ErrorOptions {
  readonly code: ErrorCode;
}

/** Base of all errors of this package that are not the caller's own mistake. */
export class UwsgiError extends Error {
  override readonly name: string = "UwsgiError";
  readonly code: ErrorCode;

  constructor(message: string, { code, ...options }: UwsgiErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface ProtocolErrorOptions extends UwsgiErrorOptions {
  readonly offset?: number;
}

/** The peer broke the protocol: answer or close, never retry the bytes. */
export class ProtocolError extends UwsgiError {
  override readonly name: string = "ProtocolError";
  /** Offset in bytes where the fault was seen, from the start of what was decoded; if known. */
  readonly offset: number | undefined;

  constructor(message: string, { offset, ...options }: ProtocolErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}

/** The peer sent, or announced, more than a limit allows. */
export class LimitError extends ProtocolError {
  override readonly name: string = "LimitError";
}

/** The transport failed: refused, reset, closed too early, or not to be listened on. */
export class ConnectionError extends UwsgiError {
  override readonly name: string = "ConnectionError";
}

/** The peer, or the application, took too long; the code names the phase. */
export class TimeoutError extends UwsgiError {
  override readonly name: string = "TimeoutError";
}

/** Of several servers there is none that a request could be sent to: nothing was sent. */
export class UpstreamError extends UwsgiError {
  override readonly name: string = "UpstreamError";
}

/** The application could not be loaded, or broke the gateway interface. */
export class AppError extends UwsgiError {
  override readonly name: string = "AppError";
}

/** A configuration that was given to us cannot be read, or breaks the rules of its language. */
export class ConfigError extends UwsgiError {
  override readonly name: string = "ConfigError";
}

/** No worker could be started (`UWSGI_WORKER_FAILED`). */
export class WorkerError extends UwsgiError {
  override readonly name: string = "WorkerError";
  /** What the worker has ended with, and the whole service should. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message, { code: "UWSGI_WORKER_FAILED" });
    this.exitCode = exitCode;
  }
}

/** An application does not keep to its interface (`UWSGI_APP_CONTRACT`). */
export function contractError(message: string): AppError {
  return new AppError(message, { code: "UWSGI_APP_CONTRACT" });
}

/** The peer is no longer there, or no longer interested (`UWSGI_PEER_GONE`). */
export function gone(message: string, cause?: unknown): ConnectionError {
  return new ConnectionError(message, { code: "UWSGI_PEER_GONE", cause });
}

/**
 * A promise for who wrote in vain. Who writes several times waits for the last only: the others must not end the
 * process.
 */
export function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}

/** A `TypeError` with a code: the caller passed something that can never be right. */
export function typeError(code: ErrorCode, message: string): TypeError & { readonly code: ErrorCode } {
  return Object.assign(new TypeError(message), { code });
}

/** A read while another waits: what the first takes may be all, and the second would wait for what never comes. */
export function readTwice(): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", "a read is already waiting: read one after the other");
}

/** A `RangeError` with a code: the caller passed something of the right type that is too much. */
export function rangeError(code: ErrorCode, message: string): RangeError & { readonly code: ErrorCode } {
  return Object.assign(new RangeError(message), { code });
}

/** The `code` of any error, ours or Node's; undefined where there is none. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
