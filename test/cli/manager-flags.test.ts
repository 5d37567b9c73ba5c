import { mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { configOf } from "../../src/cli/options/config-of.ts";
import { isManager, managerOptionsOf } from "../../src/cli/serve/manager-options.ts";
import { withWatchFolders } from "../../src/cli/serve/watch-folders.ts";
import { optionTables } from "../../src/config/index.ts";
import { usage } from "../../src/cli/serve/processes-usage.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { faultOf } from "../helpers/wire.ts";

type Flags = Parameters<typeof configOf>[0];

const readManagerFlags = (flags: Flags, application: string): ReturnType<typeof managerOptionsOf> =>
  managerOptionsOf(configOf(flags, "serve"), application);

const managerOptions = optionTables.serve.filter(({ makesMaster }) => makesMaster === true);

test("without one of the options there is no master", (t) => {
  t.false(isManager({}));
});

for (const { name, example } of managerOptions) {
  test(`--${name} makes a master`, (t) => t.true(isManager(configOf({ [name]: example }, "serve"))));
}

for (const [flags, expected] of [
  [{ name: "shop" }, { processes: 1, name: "shop" }],
  [{ processes: "4" }, { processes: 4 }],
  [{ processes: "auto" }, { processes: "auto" }],
  [{ cheaper: "2" }, { processes: 1, cheaper: { least: 2 } }],
  [
    { processes: "8", cheaper: "2", "cheaper-initial": "3", "cheaper-step": "2" },
    { processes: 8, cheaper: { least: 2, initial: 3, step: 2 } },
  ],
  [{ "max-requests": "1000" }, { processes: 1, maxRequests: 1_000 }],
  [{ "max-worker-lifetime": "3600" }, { processes: 1, maxLifetimeMs: 3_600_000 }],
  [
    { "reload-on-rss": "300", "evil-reload-on-rss": "500" },
    { processes: 1, reloadOnRssBytes: 314_572_800, evilReloadOnRssBytes: 524_288_000 },
  ],
  [{ "no-harakiri-stack": true }, { processes: 1, harakiriStack: false }],
  [{ "start-timeout": "1.5" }, { processes: 1, startTimeoutMs: 1_500 }],
  [
    { uid: "www-data", gid: "33" },
    { processes: 1, uid: "www-data", gid: "33" },
  ],
  [{ "add-gid": ["a", "b"] }, { processes: 1, groups: ["a", "b"] }],
  [{ umask: "027" }, { processes: 1, umask: 0o027 }],
  [{ "allow-root": true }, { processes: 1, allowRoot: true }],
  [{ "touch-reload": ["a", "b"] }, { processes: 1, touchReload: ["a", "b"] }],
  [{ "touch-chain-reload": ["a"] }, { processes: 1, touchChainReload: ["a"] }],
  [{ watch: ["", "lib"] }, { processes: 1, watch: ["/srv/shop", "lib"] }],
  [{ "reload-mode": "chain" }, { processes: 1, reloadMode: "chain" }],
  [{ pidfile: "/run/a.pid" }, { processes: 1, pidFile: "/run/a.pid" }],
  [{ control: "/run/a.sock" }, { processes: 1, control: "/run/a.sock" }],
  [{ control: "off" }, { processes: 1, control: false }],
  [{ import: ["./a.js"] }, { processes: 1, preload: ["./a.js"] }],
  [{ "node-option": ["--trace-gc"] }, { processes: 1, nodeOptions: ["--trace-gc"] }],
  [{ env: ["A=1", "B=a=b", "C="] }, { processes: 1, env: { A: "1", B: "a=b", C: "" } }],
  [
    { logto: "e", "access-logto": "a" },
    { processes: 1, errorFile: "e", accessFile: "a" },
  ],
] as const) {
  test(`${JSON.stringify(flags)} becomes ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(
      readManagerFlags(flags as Flags, "/srv/shop/app.js:site"),
      expected as ReturnType<typeof readManagerFlags>,
    );
  });
}

for (const [flags, message] of [
  [{ processes: "0" }, /^--processes 0: a whole number from 1 to 1024 is needed$/],
  [{ processes: "many" }, /^--processes many: a whole number/],
  [{ processes: "9999" }, /^--processes 9999: /],
  [{ "cheaper-initial": "2" }, /^--cheaper-initial is for --cheaper N/],
  [{ "cheaper-step": "2" }, /^--cheaper-step is for --cheaper N/],
  [{ "max-requests": "0" }, /^--max-requests 0: /],
  [{ "max-worker-lifetime": "1h" }, /^--max-worker-lifetime 1h: a number of seconds/],
  [{ "reload-on-rss": "300M" }, /^--reload-on-rss 300M: /],
  [{ "start-timeout": "-1" }, /^--start-timeout -1: /],
  [{ uid: "" }, /^--uid needs a value/],
  [{ "add-gid": [""] }, /^--add-gid needs a value/],
  [{ umask: "888" }, /^--umask 888: an octal mask/],
  [{ "reload-mode": "quick" }, /^--reload-mode quick: there are graceful, chain, brutal/],
  [{ control: "" }, /^--control needs a value/],
  [{ "node-option": ["trace-gc"] }, /^--node-option trace-gc: an option of node/],
  [{ env: ["A"] }, /^--env A: NAME=VALUE/],
  [{ env: ["=a"] }, /^--env =a: NAME=VALUE/],
  [{ processes: "2", cheaper: "5" }, /^--cheaper 5: a whole number from 1 to 2 is needed$/],
  [{ processes: "2", cheaper: "1", "cheaper-step": "3" }, /^--cheaper-step 3: a whole number from 1 to 2 is needed$/],
  [{ "start-timeout": "0" }, /^--start-timeout 0: 0\.001 seconds or more are needed$/],
  [{ "max-worker-lifetime": "0.5" }, /^--max-worker-lifetime 0\.5: 1 seconds or more are needed$/],
  [{ import: [""] }, /^--import needs a value, and it is empty$/],
  [{ "touch-reload": [""] }, /^--touch-reload needs a value/],
] as const) {
  test(`${JSON.stringify(flags)} is refused in words`, (t) => {
    const fault = faultOf(() => readManagerFlags(flags, "app.js"));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}

test("--watch takes a folder that stands behind it, and nothing else", (t) => {
  const folder = join(folderOf(t), "lib");
  mkdirSync(folder);
  t.deepEqual(withWatchFolders(["app.js", "--watch"]), ["app.js", "--watch="]);
  t.deepEqual(withWatchFolders(["--watch", "app.js"]), ["--watch=", "app.js"]);
  t.deepEqual(withWatchFolders(["--watch", folder, "app.js"]), [`--watch=${folder}`, "app.js"]);
  t.deepEqual(withWatchFolders(["--watch", "--watch", folder]), ["--watch=", `--watch=${folder}`]);
  t.deepEqual(withWatchFolders([`--watch=${folder}`]), [`--watch=${folder}`]);
});

test("help processes says where every option of a master is told of, and fits a screen", async (t) => {
  const { code, stdout } = await runUisge(["help", "processes"]);
  t.is(code, 0);
  t.is(stdout.toString(), usage);
  const told = new Set([...usage.matchAll(/serve --help (\w+)/g)].map(([, group]) => group));
  for (const { name, group } of managerOptions) t.true(told.has(group), `${name}: ${group}`);
  t.true(usage.split("\n").length <= 30);
  t.deepEqual(
    usage.split("\n").filter((line) => line.length > 80),
    [],
  );
});
