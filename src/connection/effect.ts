/** Whether options of listening have any effect. */
import { typeError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";
import type { ListenOptions } from "./listen-options.ts";

/** Which kind of address an option is for. An inherited socket may be of any. */
const forKinds: readonly (readonly [option: keyof ListenOptions, kinds: readonly Address["kind"][], what: string])[] = [
  ["tls", ["tls"], "suwsgi:// addresses"],
  ["allow", ["tcp", "tls", "fd"], "TCP addresses"],
  ["insecure", ["tcp", "tls", "fd"], "TCP addresses"],
  ["mode", ["unix", "tls"], "paths"],
  ["owner", ["unix", "tls"], "paths"],
  ["group", ["unix", "tls"], "paths"],
  ["recreate", ["unix", "tls"], "paths"],
];

/**
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for an option that none of the addresses has a use for: who has
 * given a certificate, or a mode, must not believe to be protected by it.
 */
export function checkEffect(addresses: readonly Address[], options: ListenOptions): void {
  for (const [option, kinds, what] of forKinds) {
    if (options[option] === undefined || options[option] === false) continue;
    if (addresses.some(({ kind }) => kinds.includes(kind))) continue;
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `${option} is for ${what}, and there is none among ${addresses.map(formatAddress).join(", ")}`,
    );
  }
}
