import test from "ava";
import { connectionTarget, type MakePlugin } from "../../fuzz/targets/connections.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { hunt } from "../helpers/hunt.ts";

const believingAll: MakePlugin = (handler) => httpPlugin(handler, { duplicates: "last" });

/** Answers what is behind the packet as well. */
const pipelining: MakePlugin = (handler) => {
  const plugin = httpPlugin(handler);
  return {
    ...plugin,
    async answer(exchange) {
      if ((await exchange.read()) !== undefined) await exchange.write("HTTP/1.1 200 OK\r\n\r\n");
      await plugin.answer(exchange);
    },
  };
};

const throwing: MakePlugin = (handler) => ({
  ...httpPlugin(handler),
  answer: () => {
    throw new Error("made");
  },
});

const telling: MakePlugin = (handler) => {
  const plugin = httpPlugin(handler);
  return {
    ...plugin,
    async answer(exchange) {
      if (exchange.packet.vars.has("UWSGI_FILE")) await exchange.write("no");
      await plugin.answer(exchange);
    },
  };
};

test.serial("any bytes are answered by the rules", async (t) => {
  t.is(await hunt(connectionTarget(), 1_000), undefined);
});

for (const [what, makePlugin] of [
  ["believes the last of two lengths", believingAll],
  ["answers a second packet", pipelining],
  ["throws", throwing],
  ["answers something else as well", telling],
] satisfies [string, MakePlugin][]) {
  test.serial(`a server that ${what} is found`, async (t) => {
    t.truthy(await hunt(connectionTarget(makePlugin), 5_000));
  });
}
