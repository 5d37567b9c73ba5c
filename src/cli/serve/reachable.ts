/** Which sockets a bridge of ours reaches without more ado: no certificate to trust, no descriptor of somebody else's. */
import { type Address, parseAddress } from "../../connection/index.ts";

const plainKinds: ReadonlySet<Address["kind"]> = new Set(["unix", "abstract", "tcp"]);

/** True for a socket that a bridge reaches. */
export function isPlain(socket: Address | string): boolean {
  return plainKinds.has((typeof socket === "string" ? parseAddress(socket) : socket).kind);
}
