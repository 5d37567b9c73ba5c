/**
 * Listens as told, in a process of its own, and greets whoever connects:
 *
 *     node greeter.js ADDRESS [OPTIONS as JSON]
 *
 * `known` in the options: the address that an inherited socket is known to have; `behindQueue`: how TERM closes.
 * Prints one line of JSON when it listens, `{ address }`, or `{ code, message, cause }` when it cannot; then one
 * for each loss and refusal. TERM closes it. Each connection gets `hello` and its end.
 */
import {
  type Address,
  formatAddress,
  inheritedAs,
  listen,
  type ListenOptions,
  parseAddress,
} from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";

const [, , text = "", json = "{}"] = process.argv;
const { known, behindQueue, ...options } = JSON.parse(json) as GreeterOptions;

interface GreeterOptions extends ListenOptions {
  readonly known?: string;
  readonly behindQueue?: boolean;
}

function addressOf(): Address {
  const address = parseAddress(text);
  return known === undefined || address.kind !== "fd" ? address : inheritedAs(address.fd, parseAddress(known));
}

function print(line: object): void {
  console.log(JSON.stringify(line));
}

try {
  const listener = await listen(
    addressOf(),
    (transport) => {
      transport.attach({ onRead: () => {}, onEnd: () => {}, onDrain: () => {}, onFinish: () => {}, onClose: () => {} });
      transport.write("hello");
      transport.end();
    },
    {
      ...options,
      onLost: (how, isRecreated) => print({ how, isRecreated }),
      onRefused: (peer, error) => print({ peer, code: error.code }),
      onError: (error) => print({ error: error.message }),
    },
  );
  // First: whoever has read the line may send it.
  process.once("SIGTERM", () => listener.close(behindQueue === undefined ? {} : { behindQueue }));
  print({ address: formatAddress(listener.address) });
} catch (error) {
  const { message, cause } = error as Error;
  print({ code: errorCode(error), message, cause: errorCode(cause) });
}
