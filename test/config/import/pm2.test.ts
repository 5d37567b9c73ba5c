import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { type ExecutionContext } from "ava";
import { parse } from "yaml";
import { settle } from "../../../src/config/index.ts";
import { givensOfFile, type Imported, type ImportWishes } from "../../../src/config/import/imported.ts";
import { withoutComments } from "../../../src/config/import/json-comments.ts";
import { importPm2 } from "../../../src/config/import/pm2.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { fixtureNames, fixturePath } from "./fixture-files.ts";

/** As the command reads it: programs are run, in a folder whose package says nothing of modules. */
async function load(t: ExecutionContext, name: string): Promise<unknown> {
  const path = fixturePath("pm2", name);
  if (!/\.[cm]?js$/.test(name)) return parse(withoutComments(readFileSync(path, "utf8"))) as unknown;
  const copy = join(folderOf(t), name);
  copyFileSync(path, copy);
  const { default: exported } = (await import(pathToFileURL(copy).href)) as { readonly default: unknown };
  return exported;
}

async function imported(t: ExecutionContext, name: string, wishes: ImportWishes = {}): Promise<Imported> {
  return importApps(await load(t, name), wishes);
}

function importApps(ecosystem: unknown, wishes: ImportWishes = {}): Imported {
  return importPm2(ecosystem, {
    ...wishes,
    folder: "/srv/site",
    origin: { kind: "file", file: "ecosystem.config.js" },
  });
}

/** Of one application with these attributes. */
function importApp(attributes: Readonly<Record<string, unknown>>, wishes: ImportWishes = {}): Imported {
  return importApps({ apps: [{ name: "app", script: "app.js", ...attributes }] }, wishes);
}

function rowOf({ report }: Imported, option: string): Imported["report"][number] | undefined {
  return report.find((row) => row.option === option);
}

test("there are five ecosystem files of PM2's", (t) => {
  t.is(fixtureNames("pm2").length, 5);
});

for (const name of fixtureNames("pm2")) {
  test(`${name}: each attribute is in the report, and what comes of it can be meant`, async (t) => {
    const ecosystem = (await load(t, name)) as Record<string, unknown> & {
      readonly apps?: readonly Record<string, unknown>[];
    };
    const apps = ecosystem.apps ?? [ecosystem];
    const { report, files } = importApps(ecosystem);
    for (const app of apps) {
      for (const key of Object.keys(app)) {
        t.true(
          report.some(({ option }) => option === key || option.endsWith(`: ${key}`)),
          key,
        );
      }
    }
    t.true(report.length >= apps.flatMap((app) => Object.keys(app)).length);
    t.true(files.length > 0);
    for (const file of files) {
      const settled = settle([givensOfFile(file, { kind: "default" })], "serve", (key) => key);
      t.deepEqual(settled.problems, [], file.name);
    }
  });
}

test("each application is an instance, what is not Node's is named", async (t) => {
  const { files, report } = await imported(t, "ecosystem.config.cjs", { environment: "production" });
  t.deepEqual(files, [
    {
      name: "shop",
      options: {
        application: "./dist/server.js",
        chdir: "/srv/shop",
        socket: ["127.0.0.1:3031"],
        grace: 8,
        master: true,
        processes: "auto",
        "reload-on-rss": 600,
        "start-timeout": 15,
        name: "shop",
        import: ["dotenv/config"],
        "node-option": ["--max-old-space-size=512"],
        env: { NODE_ENV: "production", PORT: "3000", DATABASE_URL: "postgres://shop:secret@db/shop" },
        logto: "/var/log/shop/error.log",
        "access-logto": "/var/log/shop/out.log",
      },
    },
    {
      name: "admin",
      options: {
        application: "admin.js",
        args: ["--title", "Back office"],
        chdir: "/srv/shop",
        socket: ["127.0.0.1:3032"],
        master: true,
        processes: 1,
        name: "admin",
        env: { NODE_ENV: "production", PORT: "3001" },
      },
    },
  ]);
  t.notRegex(JSON.stringify(report), /secret/);
  const { verdict, text } = report.find(({ option }) => option === "thumbnails: script") ?? {};
  t.is(verdict, "attention");
  t.regex(text ?? "", /attach-daemon = python3 thumbnails\.py --threads 4/);
  t.is(rowOf({ files, report }, "deploy")?.verdict, "attention");
});

test("an environment that is not chosen is not put down, and one that there is not is named", async (t) => {
  const result = await imported(t, "one.config.cjs");
  t.deepEqual(result.files[0]?.options["env"], { NODE_ENV: "production" });
  t.regex(rowOf(result, "env_staging")?.text ?? "", /--env staging/);
  const other = await imported(t, "one.config.cjs", { environment: "test" });
  t.like(rowOf(other, "env_test"), { verdict: "attention", text: "there is none for --env test" });
});

test("two applications of one name are two instances, whose names are fit for files", (t) => {
  const { files } = importApps([
    { name: "web site", script: "a.js" },
    { name: "../web site", script: "b.js" },
    { script: "./bin/www.js" },
  ]);
  t.deepEqual(
    files.map(({ name }) => name),
    ["web-site", "web-site-2", "www"],
  );
});

test("a socket that is wished for has the name of each", (t) => {
  const { files, report } = importApps([{ script: "a.js" }, { script: "b.js" }], { socket: "/run/%n.sock" });
  t.deepEqual(
    files.map(({ options }) => options["socket"]),
    [["/run/a.sock"], ["/run/b.sock"]],
  );
  t.regex(report.find(({ option }) => option === "a: listen()")?.text ?? "", /uwsgi_pass \/run\/a\.sock/);
});

for (const [attributes, to, ours] of [
  [{ instances: "max" }, "processes", "auto"],
  [{ instances: 0 }, "processes", "auto"],
  [{ instances: "4" }, "processes", 4],
  [{ max_memory_restart: "1G" }, "reload-on-rss", 1_024],
  [{ max_memory_restart: "1500K" }, "reload-on-rss", 2],
  [{ max_memory_restart: 314_572_800 }, "reload-on-rss", 300],
  [{ kill_timeout: 1_600 }, "grace", 1.6],
  [{ watch: true }, "watch", ["."]],
  [{ watch: "src" }, "watch", ["src"]],
  [{ args: "--a 'b c' d=\"e f\"" }, "args", ["--a", "b c", "d=e f"]],
  [{ args: ["-v", "-v"] }, "args", ["-v", "-v"]],
  [{ node_args: "--inspect -r ./a.js --import=./b.mjs" }, "import", ["./a.js", "./b.mjs"]],
  [{ interpreter_args: ["--inspect", "-r", "./a.js"] }, "node-option", ["--inspect"]],
  [{ port: 8_080 }, "env", { PORT: "8080" }],
  [{ cwd: "./site" }, "chdir", "/srv/site/site"],
  [{ cwd: "/srv/other" }, "chdir", "/srv/other"],
  [{}, "chdir", "/srv/site"],
  [{ user: "www-data" }, "uid", "www-data"],
  [{ uid: 33 }, "uid", "33"],
  [{ out: "/a.log", err: "/a.log" }, "logto", "/a.log"],
  [{ log: "/all.log" }, "logto", "/all.log"],
  [{ output: "/dev/null" }, "access-log", "off"],
  [{ cron: "0 4 * * *" }, "cron", ["0 4 * * * uisge reload app"]],
] as const) {
  test(`${JSON.stringify(attributes)} is ${to} = ${JSON.stringify(ours)}`, (t) => {
    t.deepEqual(importApp(attributes).files[0]?.options[to], ours);
  });
}

for (const [attribute, value, why] of [
  ["instances", -1, /write the number where 1 fewer/],
  ["instances", "many", /processes/],
  ["max_memory_restart", "a lot", /reload-on-rss/],
  ["wait_ready", true, /process\.send/],
  ["autorestart", false, /always started again/],
  ["interpreter", "/opt/node-22/bin/node", /\/opt\/node-22\/bin\/node \.\/node_modules/],
  ["cron_restart", "*/30 * * * * *", /crontab/],
  ["unheard_of", 1, /no attribute of PM2's/],
  ["env", "NODE_ENV=production", /an object/],
] as const) {
  test(`${attribute} ${JSON.stringify(value)} needs attention`, (t) => {
    const { verdict, text } = rowOf(importApp({ [attribute]: value }), attribute) ?? {};
    t.is(verdict, "attention");
    t.regex(text ?? "", why);
  });
}

test("a restart by the clock is not the workers' to command where they are another user", (t) => {
  const result = importApp({ cron_restart: "0 4 * * *", uid: "www-data" });
  t.is(result.files[0]?.options["cron"], undefined);
  t.is(rowOf(result, "cron_restart")?.verdict, "attention");
});

for (const [app, why] of [
  [{ script: "npm", args: "start" }, /"npm start" runs another program/],
  [{ script: "serve", env: { PM2_SERVE_PATH: "." } }, /nginx does/],
  [{ script: "jobs.py" }, /not a program of Node's/],
  [{ script: "run.js", interpreter: "bash" }, /attach-daemon = bash run\.js/],
  [{ name: "nothing" }, /no script/],
] as const) {
  test(`${JSON.stringify(app)} cannot be served`, (t) => {
    const { files, report } = importApps({ apps: [app] });
    t.deepEqual(files, []);
    t.true(report.length > 0);
    for (const { verdict, text } of report) {
      t.is(verdict, "attention");
      t.regex(text, why);
    }
  });
}

for (const ecosystem of [undefined, null, 1, "apps", {}, { apps: [] }, { apps: 1 }, { apps: [1, null] }]) {
  test(`${JSON.stringify(ecosystem) ?? "nothing"} has no applications`, (t) => {
    const { files, report } = importApps(ecosystem);
    t.deepEqual(files, []);
    t.true(report.some(({ option, verdict }) => option === "apps" && verdict === "attention"));
  });
}

test("what a program exports beside data harms nobody", (t) => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const result = importApp({ args: [circle], env: { A: circle, B: (): void => {} }, watch_options: circle, name: 1n });
  t.is(result.files.length, 1);
});

test("comments of JSON are left out, and what looks like one in a text is not", (t) => {
  const text = '{ // a\n "a": "http://b/*c*/", /* d\n e */ "f": "\\"//" }';
  t.deepEqual(JSON.parse(withoutComments(text)), { a: "http://b/*c*/", f: '"//' });
  t.is(withoutComments(text).split("\n").length, 3);
});
