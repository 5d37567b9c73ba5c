/** Says in words why a TLS handshake failed: whoever set it up wrong reads it in a log. */
import type { TLSSocket } from "node:tls";
import { errorCode, ProtocolError } from "../errors.ts";

/** What OpenSSL and Node say, by their codes; the first pattern that matches counts. */
const meanings: readonly (readonly [code: RegExp, meaning: string])[] = [
  [/^ERR_SSL_HTTPS?_(PROXY_)?REQUEST$/, "HTTP was spoken to a TLS socket"],
  [/^ERR_SSL_WRONG_VERSION_NUMBER$/, "what came is not TLS: plain uwsgi spoken to a TLS socket, perhaps"],
  [
    /^ERR_SSL_(UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|VERSION_TOO_LOW)$/,
    "the peer speaks no version that is allowed",
  ],
  [/^ERR_SSL_NO_SHARED_CIPHER$/, "the peer knows no cipher that is allowed"],
  [/^ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE$/, "the peer shows no client certificate"],
  [/^ERR_SSL_.*ALERT.*(UNKNOWN_CA|CERTIFICATE)/, "the peer does not take our certificate"],
  [/^ETIMEDOUT$/, "it was not finished in time"],
  [/^ECONNRESET$|^EPIPE$/, "the peer went away in the middle of it"],
];

/** The error for a handshake that failed with `cause`; `socket` knows what was wrong with a certificate. */
export function handshakeFailure(cause: Error, socket?: TLSSocket): ProtocolError {
  return new ProtocolError(`the TLS handshake failed: ${meaningOf(cause, socket)}`, {
    code: "UWSGI_TLS_FAILED",
    cause,
  });
}

function meaningOf(cause: Error, socket: TLSSocket | undefined): string {
  // Node's types call it an Error; it is the code of one.
  const refused: unknown = socket?.authorizationError ?? undefined;
  if (refused !== undefined) return `the client certificate is refused (${textOf(refused)})`;
  const code = errorCode(cause) ?? "";
  const meaning = meanings.find(([pattern]) => pattern.test(code))?.[1];
  if (meaning === undefined) return `${reasonOf(cause)}${code === "" ? "" : ` (${code})`}`;
  return code === "ETIMEDOUT" ? `${meaning}, ${cause.message}` : `${meaning} (${code})`;
}

function textOf(refused: unknown): string {
  return refused instanceof Error ? (errorCode(refused) ?? refused.message) : String(refused);
}

/** OpenSSL's messages have line numbers and pointers in them, its `reason` has not. */
function reasonOf(cause: Error): string {
  return "reason" in cause && typeof cause.reason === "string" ? cause.reason : cause.message;
}
