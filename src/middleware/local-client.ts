/** Who sits at the machine itself: for pages that are for developers only. */
import { type Environ, remoteOf } from "../environ/index.ts";

/**
 * True when the client's address is one of loopback, no header says that a proxy has passed the request on for
 * somebody else, and the host that was asked for is this machine: a page of another site whose name was made to lead
 * here (DNS rebinding) asks for its own.
 *
 * It is as good as what the front end says: one on this machine that sends its own address for its clients' makes all
 * of them local.
 */
export function isLocalClient(environ: Environ): boolean {
  const { address } = remoteOf(environ);
  if (address === undefined || !isLoopback(address)) return false;
  if (environ["HTTP_FORWARDED"] !== undefined) return false;
  if (!clientHeaders.every((name) => isEach(environ[name], isLoopback))) return false;
  // Of a proxy that asks for another host than its client did.
  if (!isEach(environ["HTTP_X_FORWARDED_HOST"], isOwnHost)) return false;
  const host = environ.HTTP_HOST ?? "";
  return typeof host === "string" && (host === "" || isOwnHost(host));
}

/** In which proxies and tunnels say whom they ask for. */
const clientHeaders = [
  "HTTP_X_FORWARDED_FOR",
  "HTTP_X_REAL_IP",
  "HTTP_X_CLIENT_IP",
  "HTTP_TRUE_CLIENT_IP",
  "HTTP_CF_CONNECTING_IP",
];

/** True for a list each of which is one, and for none. */
function isEach(given: unknown, isOne: (value: string) => boolean): boolean {
  if (given === undefined || given === "") return true;
  return typeof given === "string" && given.split(",").every((one) => isOne(one.trim()));
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127(?:\.[0-9]{1,3}){3}$/i.test(address) || address === "::1";
}

function isOwnHost(host: string): boolean {
  const name = host.replace(/:[0-9]*$/, "").toLowerCase();
  return /^(?:[a-z0-9-]+\.)*localhost\.?$/.test(name) || isLoopback(name.replace(/^\[(.*)\]$/, "$1"));
}
