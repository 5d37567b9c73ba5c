/** Where HTTP is listened for, as people write it. */
import { type Address, formatAddress, parseAddress } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";

export interface HttpAddress {
  readonly address: Address;
  readonly isTls: boolean;
  /** True for `:port`: all addresses of the machine, IPv6 and IPv4. */
  readonly isAny: boolean;
}

/**
 * Reads `:8080`, and the forms of `parseAddress` but `suwsgi://`, with `http://` or `https://` before it. `isTls`: what
 * an address is that says neither. Throws a TypeError (`UWSGI_INVALID_ADDRESS`).
 */
export function parseHttpAddress(text: string, isTls = false): HttpAddress {
  const [, scheme, rest = ""] = /^(?:(https?):\/\/)?(.*)$/s.exec(text) ?? [];
  if (/^[0-9]+$/.test(rest)) {
    const message = `address ${JSON.stringify(text)}: a port alone is :${rest}, on all addresses; or 127.0.0.1:${rest}`;
    throw typeError("UWSGI_INVALID_ADDRESS", message);
  }
  const isAny = /^:[0-9]{1,5}$/.test(rest);
  const address = parseAddress(isAny ? `[::]${rest}` : scheme === undefined ? rest : rest.replace(/\/$/, ""));
  if (address.kind === "tls") {
    throw typeError(
      "UWSGI_INVALID_ADDRESS",
      `address ${JSON.stringify(text)}: suwsgi:// is for uwsgi, https:// is HTTP's`,
    );
  }
  return { address, isTls: scheme === undefined ? isTls : scheme === "https", isAny };
}

/** An address as a URL where there is one for it, else as `formatAddress` writes it. */
export function formatHttpAddress(address: Address, isTls: boolean): string {
  const scheme = isTls ? "https" : "http";
  return address.kind === "tcp" ? `${scheme}://${formatAddress(address)}` : `${scheme} on ${formatAddress(address)}`;
}
