import test from "ava";
import { type ChangePlugin, exchangeTarget } from "../../fuzz/targets/exchanges.ts";
import { ConnectionStream } from "../../src/connection/connection-stream.ts";
import type { Exchange } from "../../src/handler/index.ts";
import { hunt } from "../helpers/hunt.ts";

/** Any plugin, on an exchange that behaves in another way. */
function onExchange(change: (exchange: Exchange) => Partial<Exchange>): ChangePlugin {
  return (plugin) => ({
    ...plugin,
    answer: (exchange) => plugin.answer(Object.assign(Object.create(exchange) as Exchange, change(exchange))),
  });
}

const notKept: ChangePlugin = (plugin) => ({ ...plugin, readsAtOnce: true });

const swapsPieces = onExchange((exchange) => ({
  write: (chunk, next) => (next === undefined ? exchange.write(chunk) : exchange.write(next, chunk)),
}));

const losesSecondPiece = onExchange((exchange) => ({ write: (chunk) => exchange.write(chunk) }));

const closesTooSoon = onExchange((exchange) => ({ expectBody: () => exchange.expectBody(0) }));

const abortsAtTheEnd = onExchange((exchange) => ({ end: () => void exchange.abort() }));

const neverEnds = onExchange(() => ({ end() {} }));

const losesWhatCame = onExchange((exchange) => ({
  upgrade() {
    const stream = exchange.upgrade();
    stream.read();
    return stream;
  },
}));

test.serial("plugins and peers of any kind are served by the rules", async (t) => {
  t.is(await hunt(exchangeTarget(), 1_000), undefined);
});

for (const [what, change] of [
  ["does not keep a packet whose bytes were lent", notKept],
  ["swaps two pieces", swapsPieces],
  ["loses the second piece", losesSecondPiece],
  ["closes both sides while a body still comes", closesTooSoon],
  ["breaks off what should end", abortsAtTheEnd],
  ["does not end an exchange", neverEnds],
  ["loses what came before an upgrade", losesWhatCame],
] satisfies [string, ChangePlugin][]) {
  test.serial(`a server that ${what} is found`, async (t) => {
    t.truthy(await hunt(exchangeTarget(change), 3_000));
  });
}

for (const [what, name, broken] of [
  [
    "destroys a stream that was not read yet when both sides close",
    "onClose",
    function (this: ConnectionStream, cause: Error | undefined) {
      this.destroy(cause);
      onClose.call(this, cause);
    },
  ],
  [
    "does not copy what a stream reads",
    "onRead",
    function (this: ConnectionStream, bytes: Uint8Array) {
      this.push(bytes);
    },
  ],
  ["does not tell a stream of room", "onDrain", () => {}],
  ["does not tell a stream of the end", "onEnd", () => {}],
] as const) {
  test.serial(`a server that ${what} is found`, async (t) => {
    const prototype = ConnectionStream.prototype as unknown as Record<string, unknown>;
    const whole = prototype[name];
    prototype[name] = broken;
    try {
      t.truthy(await hunt(exchangeTarget(), 3_000));
    } finally {
      prototype[name] = whole;
    }
  });
}

const { onClose } = ConnectionStream.prototype;
