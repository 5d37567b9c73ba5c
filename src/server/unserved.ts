/** What to say of a packet that nobody here answers. */
import { describeBytes } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";

/** The error for a packet that begins with these bytes, the header at least. */
export function unserved(beginning: Uint8Array, served: readonly number[]): ProtocolError {
  return new ProtocolError(
    `modifier1 ${beginning[0]} is not served here, only ${served.join(", ")}; it began with ` +
      `${describeBytes(beginning)}${guess(beginning)}`,
    { code: "UWSGI_MODIFIER_REFUSED", offset: 0 },
  );
}

/** What else speaks like that: nearly always a front end that is set up for another protocol. */
function guess(beginning: Uint8Array): string {
  const [first = 0, second = 0] = beginning;
  if (first === 0x16 && second === 0x03) return ": this is TLS, spoken to a plain uwsgi socket";
  if (beginning[0] === 0x50 && second === 0x52 && beginning[2] === 0x4f) {
    return ": this looks like the PROXY protocol, which is not understood here";
  }
  const text = String.fromCharCode(...beginning.subarray(0, 4));
  return /^[A-Za-z]{3}[A-Za-z ]/.test(text)
    ? ": this looks like HTTP, spoken to a uwsgi socket (uwsgi_pass is needed, not proxy_pass)"
    : "";
}
