/** Who is told what becomes of a connect. */
import { ConnectionError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import type { Transport } from "./transport.ts";

/** Who wants a connection. Exactly one of its methods is called, once, and never before `openTransport` has returned. */
export interface Dialling {
  onOpen(transport: Transport): void;
  /** A ConnectionError (`UWSGI_CONNECT_FAILED`) that names the address. */
  onFail(error: ConnectionError): void;
}

/** What `Dialling.onFail` is told. */
export function connectFailed(address: Address, error: unknown): ConnectionError {
  return new ConnectionError(`cannot connect to ${formatAddress(address)}: ${reasonOf(error)}`, {
    code: "UWSGI_CONNECT_FAILED",
    cause: error,
  });
}

/** A name with several addresses fails by several errors, in one without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}
