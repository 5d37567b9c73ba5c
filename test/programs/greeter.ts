/**
 * Listens as told, in a process of its own, and greets whoever connects:
 *
 *     node greeter.js ADDRESS [OPTIONS as JSON]
 *
 * Prints one line of JSON when it listens, `{ address }`, or `{ code, message, cause }` when it cannot; then one
 * for each loss and refusal. TERM closes it. Each connection gets `hello` and its end.
 */
import { formatAddress, listen, type ListenOptions, parseAddress } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";

const [, , address = "", options = "{}"] = process.argv;

function print(line: object): void {
  console.log(JSON.stringify(line));
}

try {
  const listener = await listen(
    parseAddress(address),
    (transport) => {
      transport.attach({ onRead: () => {}, onEnd: () => {}, onDrain: () => {}, onFinish: () => {}, onClose: () => {} });
      transport.write("hello");
      transport.end();
    },
    {
      ...(JSON.parse(options) as ListenOptions),
      onLost: (how, isRecreated) => print({ how, isRecreated }),
      onRefused: (peer, error) => print({ peer, code: error.code }),
      onError: (error) => print({ error: error.message }),
    },
  );
  print({ address: formatAddress(listener.address) });
  process.once("SIGTERM", () => listener.close());
} catch (error) {
  const { message, cause } = error as Error;
  print({ code: errorCode(error), message, cause: errorCode(cause) });
}
