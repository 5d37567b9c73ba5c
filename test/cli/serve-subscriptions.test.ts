import test from "ava";
import { configOf } from "../../src/cli/options/config-of.ts";
import { readSubscriptions as readConfig } from "../../src/cli/serve/subscriptions.ts";

/** Of flags. */
const readSubscriptions = async (flags: Parameters<typeof configOf>[0]): ReturnType<typeof readConfig> =>
  readConfig(configOf(flags, "serve"));

test("nothing given is nothing announced", async (t) => {
  t.is(await readSubscriptions({}), undefined);
});

test("subscriptions of both kinds go together, with the time between two announcements", async (t) => {
  const found = await readSubscriptions({
    "subscribe-to": ["r:1:a", "r:2:b,5"],
    subscribe2: ["server=r:3,key=c"],
    "subscribe-freq": "3",
  });
  t.deepEqual(found, [
    { to: "r:1", key: "a", modifier1: 0, intervalMs: 3_000 },
    { to: "r:2", key: "b", modifier1: 5, intervalMs: 3_000 },
    { to: "r:3", key: "c", intervalMs: 3_000 },
  ]);
});

for (const [flags, message] of [
  [{ "subscribe-freq": "3" }, /^--subscribe-freq is for --subscribe-to or --subscribe2/],
  [{ "subscribe-to": ["r:1:a"], "subscribe-freq": "0" }, /^--subscribe-freq 0: a whole number of seconds/],
  [{ "subscribe-to": ["r:1:a"], "subscribe-freq": "0.5" }, /^--subscribe-freq 0\.5: /],
  [{ "subscribe-to": ["r"] }, /^subscription "r": needed is/],
] as const) {
  test(`${JSON.stringify(flags)} is refused in words`, async (t) => {
    await t.throwsAsync(readSubscriptions(flags), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}
