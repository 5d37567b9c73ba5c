/** How `uisge curl` fails: curl's exit codes, which scripts know, instead of those of the other commands. */
import { errorCode } from "../../errors.ts";

/** Ends the command with a code of curl's. */
export class CurlFailure extends Error {
  override readonly name = "CurlFailure";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** curl's codes that are used here; the names are those of libcurl's CURLE_. */
export const exits = {
  usage: 2,
  urlMalformed: 3,
  couldNotResolve: 6,
  couldNotConnect: 7,
  weirdReply: 8,
  partialFile: 18,
  httpError: 22,
  writeError: 23,
  readError: 26,
  timedOut: 28,
  tlsConnect: 35,
  tooManyRedirects: 47,
  nothingReceived: 52,
  sendError: 55,
  receiveError: 56,
  localCertificate: 58,
  peerCertificate: 60,
  badEncoding: 61,
} as const;

/** The failure for whatever was thrown, and by which it can be told what to do about it. */
export function failureOf(error: unknown): CurlFailure {
  if (error instanceof CurlFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CurlFailure(exitOf(error) ?? exits.usage, message, error);
}

const byCode: ReadonlyMap<string, number> = new Map([
  ["UWSGI_INVALID_ADDRESS", exits.urlMalformed],
  ["UWSGI_BAD_TARGET", exits.urlMalformed],
  ["UWSGI_CONNECT_TIMEOUT", exits.timedOut],
  ["UWSGI_SEND_TIMEOUT", exits.timedOut],
  ["UWSGI_RESPONSE_TIMEOUT", exits.timedOut],
  ["UWSGI_RESPONSE_BODY_TIMEOUT", exits.timedOut],
  ["UWSGI_TOTAL_TIMEOUT", exits.timedOut],
  ["UWSGI_BAD_RESPONSE_HEAD", exits.weirdReply],
  ["UWSGI_RESPONSE_HEAD_LIMIT", exits.weirdReply],
  ["UWSGI_BAD_CONTENT_LENGTH", exits.weirdReply],
  ["UWSGI_BODY_TRUNCATED", exits.partialFile],
  ["UWSGI_RESPONSE_TRUNCATED", exits.partialFile],
  ["EPIPE", exits.writeError],
]);

/** The codes of a certificate that does not do; all others of TLS are of the handshake. */
const CERTIFICATE = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA)/;

function exitOf(error: unknown): number | undefined {
  const code = errorCode(error) ?? "";
  const cause = error instanceof Error ? (errorCode(error.cause) ?? "") : "";
  if (code === "UWSGI_CONNECT_FAILED") {
    if (cause === "ENOTFOUND" || cause === "EAI_AGAIN") return exits.couldNotResolve;
    if (CERTIFICATE.test(cause)) return exits.peerCertificate;
    if (/^(?:ERR_SSL_|ERR_TLS_|EPROTO|ERR_OSSL)/.test(cause)) return exits.tlsConnect;
    return cause === "ETIMEDOUT" ? exits.timedOut : exits.couldNotConnect;
  }
  if (code === "UWSGI_PEER_GONE") {
    // An end without a word has no cause; a reset has one.
    return error instanceof Error && error.cause !== undefined ? exits.receiveError : exits.nothingReceived;
  }
  if (/^ERR_OSSL|^ERR_SSL/.test(code)) return exits.localCertificate;
  if (/^(?:Z_|ERR_BROTLI|ERR__ERROR|BROTLI|ZSTD|ERR_ZSTD)/.test(code)) return exits.badEncoding;
  return byCode.get(code);
}
