import test from "ava";
import { checkManagerOptions, checkProcesses } from "../../src/manager/check-options.ts";
import type { ManagerOptions } from "../../src/manager/options.ts";

const least: ManagerOptions = { application: "src/shop.mjs:app", socket: "/run/shop.sock" };

test("options of node that run code are for workers that keep their user, others for all", (t) => {
  t.notThrows(() => checkManagerOptions({ ...least, nodeOptions: ["--import", "./a.js"] }, 1));
  t.notThrows(() => checkManagerOptions({ ...least, uid: 33, nodeOptions: ["--max-old-space-size=512"] }, 1));
});

test("a number of workers is 1 at least, and no more than can be meant", (t) => {
  t.deepEqual([-3, 0, 1, 1_024].map(checkProcesses), [1, 1, 1, 1_024]);
  for (const processes of [1_025, 9_999, 1.5, Number.NaN, Infinity, -Infinity]) {
    t.throws(() => checkProcesses(processes), {
      code: "UWSGI_INVALID_ARGUMENT",
      message: `processes is ${processes}, allowed are whole numbers from 1 to 1024`,
    });
  }
});

test("what is not set has its default", (t) => {
  t.deepEqual(checkManagerOptions(least, 4), {
    addresses: [{ kind: "unix", path: "/run/shop.sock" }],
    processes: 4,
    limits: { startTimeoutMs: 60_000, graceMs: 60_000, reportsOnRss: 3 },
    reloadMode: "graceful",
    name: "shop",
  });
});

test("Infinity is no limit", (t) => {
  const { limits } = checkManagerOptions({ ...least, harakiriMs: Infinity, maxLifetimeMs: Infinity }, 1);
  t.false("harakiriMs" in limits || "maxLifetimeMs" in limits);
});

for (const [application, name] of [
  ["app.js", "app"],
  ["./server/index.cjs:default", "index"],
  ["/srv/my-shop/", "my-shop"],
  [".", "app"],
] as const) {
  test(`a service of ${application} is called ${name}`, (t) => {
    t.is(checkManagerOptions({ ...least, application }, 1).name, name);
  });
}

for (const [what, options, message] of [
  ["no application", { application: "" }, "a manager needs an application, path[:export]"],
  ["no socket", { socket: [] }, "a manager needs a socket to listen on, such as /run/app.sock"],
  [
    "another way to capture",
    { log: { access: "off", errors: "text", capture: "all" as "off" } },
    "log.capture is all, there are off and lines",
  ],
  [
    "no captured lines",
    { log: { access: "off", errors: "text", capture: "lines", captureRate: 0 } },
    `log.captureRate is 0, allowed are whole numbers from 1 to ${Number.MAX_SAFE_INTEGER}, and Infinity`,
  ],
  ["no workers", { processes: 0 }, "processes is 0, allowed are whole numbers from 1 to 1024"],
  ["half a worker", { processes: 1.5 }, "processes is 1.5, allowed are whole numbers from 1 to 1024"],
  [
    "a limit in seconds",
    { harakiriMs: 30 },
    "harakiriMs is 30, allowed are whole numbers from 100 to 2147483647, and Infinity",
  ],
  [
    "no requests",
    { maxRequests: 0 },
    `maxRequests is 0, allowed are whole numbers from 1 to ${Number.MAX_SAFE_INTEGER}, and Infinity`,
  ],
  [
    "more of least than of all",
    { processes: 2, cheaper: { least: 3 } },
    "cheaper.least is 3, allowed are whole numbers from 1 to 2",
  ],
  [
    "a share in percent",
    { processes: 2, cheaper: { least: 1, busyAbove: 60 } },
    "cheaper.busyAbove is 60, allowed are shares from 0 to 1",
  ],
  [
    "a limit that kills before the one that replaces",
    { reloadOnRssBytes: 2 ** 28, evilReloadOnRssBytes: 2 ** 27 },
    /^evilReloadOnRssBytes is 134217728, more than reloadOnRssBytes \(268435456\) is needed/,
  ],
  ...[["--require", "./a.cjs"], ["-r", "./a.cjs"], ["--trace-gc", "--import=./a.js"], ["--experimental_loader=a"]].map(
    (nodeOptions): [string, Partial<ManagerOptions>, RegExp] => [
      `code that node would run as root, by ${nodeOptions.join(" ")}`,
      { uid: "www-data", nodeOptions },
      /^nodeOptions has -\S+, which node obeys before a worker is user www-data: .*preload \(--import MODULE\)$/,
    ],
  ),
  [
    "code that node would run as root, by the environment",
    { uid: 33, env: { NODE_OPTIONS: '--trace-gc --require "./a b.cjs"' } },
    /^NODE_OPTIONS of env has --require, which node obeys before a worker is user 33/,
  ],
  [
    "code that node would run as root, by the environment of one place",
    { uid: 33, workerEnv: { 2: { NODE_OPTIONS: "--import=x" } } },
    /^NODE_OPTIONS of env has --import/,
  ],
  [
    "a mode where there is no path",
    { socket: ["127.0.0.1:3031", "@app"], mode: 0o600 },
    "mode is for paths, and there is none among 127.0.0.1:3031, @app",
  ],
  ["clients where there is no TCP", { allow: ["10.0.0.1"] }, /^allow is for TCP addresses, and there is none among /],
  ["a certificate that nobody shows", { tls: { cert: "", key: "" } }, /^tls is for suwsgi:\/\/ addresses, and /],
  ["another way to reload", { reloadMode: "soft" as "chain" }, "reloadMode is soft, there are graceful, chain, brutal"],
] satisfies [string, Partial<ManagerOptions>, string | RegExp][]) {
  test(`refused, with what is allowed: ${what}`, (t) => {
    t.throws(() => checkManagerOptions({ ...least, ...options }, 4), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}
