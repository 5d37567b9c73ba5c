import test from "ava";
import { nodeSettings } from "../../src/upstream/node-init.ts";
import { parseNode } from "../../src/upstream/parse-node.ts";

for (const [text, init] of [
  ["10.0.0.1:3031", { address: "10.0.0.1:3031" }],
  ["  /run/app.sock   backup ", { address: "/run/app.sock", isBackup: true }],
  [
    "10.0.0.1:3031 weight=3 backup max_fails=2 fail_timeout=10",
    { address: "10.0.0.1:3031", weight: 3, isBackup: true, maxFails: 2, failTimeoutMs: 10_000 },
  ],
  ["a:1 fail_timeout=500ms", { address: "a:1", failTimeoutMs: 500 }],
  ["a:1 fail_timeout=2m", { address: "a:1", failTimeoutMs: 120_000 }],
  ["a:1 max_conns=7", { address: "a:1", maxInFlight: 7 }],
  ["a:1 max_conns=0", { address: "a:1", maxInFlight: Number.POSITIVE_INFINITY }],
  ["a:1 backup=2", { address: "a:1", backupLevel: 2 }],
  ["a:1 modifier1=5 modifier2=1 id=old", { address: "a:1", modifier1: 5, modifier2: 1, id: "old" }],
  ["suwsgi://[::1]:3031\tweight=2", { address: "suwsgi://[::1]:3031", weight: 2 }],
] as const) {
  test(`${JSON.stringify(text)} is read`, (t) => {
    t.deepEqual(parseNode(text), init);
  });
}

for (const [text, message] of [
  ["", 'address "": allowed are'],
  ["a", 'address "a": allowed are'],
  ["a:1 wait=3", 'node "a:1 wait=3": wait=3 is not known: there are weight, max_fails, fail_timeout'],
  ["a:1 weight", 'node "a:1 weight": weight: a value is needed behind ='],
  ["a:1 weight=", "a value is needed behind ="],
  ["a:1 weight=x", "weight=x: a whole number is needed"],
  ["a:1 weight=1.5", "weight=1.5: a whole number is needed"],
  ["a:1 weight=0", "node a:1: weight is 0, whole numbers from 1 to 65535 are allowed"],
  ["a:1 weight=1 weight=2", "weight came twice"],
  ["a:1 fail_timeout=1d", "fail_timeout=1d: a time is needed, such as 10, 10s or 500ms"],
  ["a:1 modifier1=256", "modifier1 is 256, whole numbers from 0 to 255"],
  ["fd://3", "an inherited socket can be listened on, not connected to"],
] as const) {
  test(`${JSON.stringify(text)} is refused, with what was seen`, (t) => {
    const error = t.throws(() => parseNode(text), { any: true }) as Error & { code: string };
    t.true(error.message.includes(message), error.message);
    t.true(["UWSGI_INVALID_ARGUMENT", "UWSGI_INVALID_ADDRESS"].includes(error.code));
  });
}

test("a node of which only the address is said has nginx's settings", (t) => {
  t.deepEqual(nodeSettings({ address: "10.0.0.1:3031" }), {
    address: { kind: "tcp", host: "10.0.0.1", port: 3031 },
    name: "10.0.0.1:3031",
    weight: 1,
    backupLevel: 0,
    maxFails: 1,
    failTimeoutMs: 10_000,
    maxInFlight: Number.POSITIVE_INFINITY,
    modifier1: undefined,
    modifier2: undefined,
    id: undefined,
  });
});

for (const [what, init] of [
  ["an option that is none", { address: "a:1", wieght: 3 }],
  ["a weight that is text", { address: "a:1", weight: "3" }],
  ["a weight that is no whole number", { address: "a:1", weight: 0.5 }],
  ["no address", {}],
  ["an address that is null", { address: null }],
  ["isBackup that is a number", { address: "a:1", isBackup: 1 }],
  ["an empty id", { address: "a:1", id: "" }],
] as const) {
  test(`a node with ${what} is refused`, (t) => {
    const error = t.throws(() => nodeSettings(init as never), { any: true });
    t.is((error as Error & { code: string }).code, "UWSGI_INVALID_ARGUMENT");
  });
}
