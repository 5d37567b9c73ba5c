/** What both sides check. */
import { parseAddress, type TcpAddress } from "../../connection/index.ts";
import { rangeError, typeError } from "../../errors.ts";

/** Throws a RangeError (`UWSGI_INVALID_ARGUMENT`) unless it is a whole number in the range, or undefined. */
export function checkNumber(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  throw rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `${name} is ${String(value)}, allowed are whole numbers from ${least} to ${most}`,
  );
}

/** Reads where datagrams go to or come in. Throws a TypeError (`UWSGI_INVALID_ADDRESS`). */
export function parseDatagramAddress(name: string, text: string): TcpAddress {
  const address = parseAddress(text);
  if (address.kind === "tcp") return address;
  const why =
    address.kind === "unix" || address.kind === "abstract"
      ? "Node.js has no datagrams on unix sockets, only on UDP"
      : "datagrams go by UDP";
  throw typeError("UWSGI_INVALID_ADDRESS", `${name} ${JSON.stringify(text)}: ${why}, host:port is needed`);
}
