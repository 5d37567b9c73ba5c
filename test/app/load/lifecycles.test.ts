import test from "ava";
import { nest } from "../../../src/app/load/lifecycles.ts";

function tracing(name: string, calls: string[]): Required<Parameters<typeof nest>[0]> {
  const call = (hook: string) => async (): Promise<void> => {
    calls.push(`${name} ${hook} begins`);
    await new Promise(setImmediate);
    calls.push(`${name} ${hook} ends`);
  };
  return { start: call("start"), ready: call("ready"), drain: call("drain"), stop: call("stop") };
}

for (const [hook, order] of [
  ["start", ["outer", "inner"]],
  ["ready", ["outer", "inner"]],
  ["drain", ["inner", "outer"]],
  ["stop", ["inner", "outer"]],
] as const) {
  test(`${hook} is called of ${order.join(", then of ")}, one behind the other`, async (t) => {
    const calls: string[] = [];
    await nest(tracing("outer", calls), tracing("inner", calls))[hook]?.([]);
    t.deepEqual(
      calls,
      order.flatMap((name) => [`${name} ${hook} begins`, `${name} ${hook} ends`]),
    );
  });
}

test("a hook that neither has is not there", (t) => {
  t.deepEqual(Object.keys(nest({ start() {} }, { stop() {} })).sort(), ["start", "stop"]);
});

test("of a start that fails nothing more is started", async (t) => {
  const calls: string[] = [];
  const failing = {
    start() {
      throw new Error("no database");
    },
  };
  await t.throwsAsync(async () => nest(failing, tracing("inner", calls)).start?.(), { message: "no database" });
  t.deepEqual(calls, []);
});

test("an end goes on to its end, and fails afterwards", async (t) => {
  const calls: string[] = [];
  const failing = {
    stop() {
      throw new Error("still busy");
    },
  };
  await t.throwsAsync(async () => nest(tracing("outer", calls), failing).stop?.(), { message: "still busy" });
  t.deepEqual(calls, ["outer stop begins", "outer stop ends"]);
});
