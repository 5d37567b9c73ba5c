import test from "ava";
import { shrink } from "../../fuzz/shrink.ts";
import { type MakePlugin, sequenceTarget } from "../../fuzz/targets/sequences.ts";
import type { Exchange, ResponseBody } from "../../src/handler/index.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { hunt } from "../helpers/hunt.ts";

/** The plugin on an exchange that behaves in another way. */
function onExchange(change: (exchange: Exchange) => Partial<Exchange>): MakePlugin {
  return (handler) => {
    const plugin = httpPlugin(handler);
    return {
      ...plugin,
      answer: (exchange) => plugin.answer(Object.assign(Object.create(exchange) as Exchange, change(exchange))),
    };
  };
}

/** The plugin with other bodies. */
function withBody(change: (body: ResponseBody) => ResponseBody): MakePlugin {
  return (handler) =>
    httpPlugin(async (request) => {
      const response = await handler(request);
      return { ...response, body: change(response.body) };
    });
}

const withoutClose = withBody((body) => {
  if (typeof body !== "object" || body === null || body instanceof Uint8Array) return body;
  return Symbol.asyncIterator in body ? { [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() } : [...body];
});

const closedAgain: MakePlugin = (handler) => {
  let body: ResponseBody = null;
  const plugin = withBody((given) => (body = given))(handler);
  return {
    ...plugin,
    async answer(exchange) {
      await plugin.answer(exchange);
      if (typeof body === "object" && body !== null && "close" in body) await body.close?.();
    },
  };
};

const endedNotAborted = onExchange((exchange) => ({
  abort() {
    exchange.end();
    return true;
  },
}));

const oneByteMore = onExchange((exchange) => ({
  end() {
    void exchange.write("x");
    exchange.end();
  },
}));

const twice = onExchange((exchange) => ({
  end() {
    void exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    exchange.end();
  },
}));

const neverEnded = onExchange(() => ({ end() {} }));

const closesTooSoon = onExchange((exchange) => ({
  expectBody() {
    exchange.expectBody(0);
  },
}));

const expectsNothing = onExchange(() => ({ expectBody() {} }));

test.serial("applications and peers of any kind are served by the rules", async (t) => {
  t.is(await hunt(sequenceTarget(), 500), undefined);
});

for (const [what, makePlugin] of [
  ["does not close a body", withoutClose],
  ["closes a body twice", closedAgain],
  ["ends an answer that it should break off", endedNotAborted],
  ["sends a byte beyond the length", oneByteMore],
  ["sends two answers", twice],
  ["does not end an answer", neverEnded],
  ["closes both sides while a body still comes", closesTooSoon],
  ["waits for a body that has come", expectsNothing],
] satisfies [string, MakePlugin][]) {
  test.serial(`a server that ${what} is found`, async (t) => {
    t.truthy(await hunt(sequenceTarget(makePlugin), 2_000));
  });
}

test.serial("what a server did wrong is shrunk to the decisions that it took", async (t) => {
  const target = sequenceTarget(oneByteMore);
  const found = await hunt(target, 2_000);
  if (found === undefined) throw new Error("nothing found");
  const { input } = await shrink(target, found, 300);
  t.true(input.length < found.input.length);
});
