import { spawnSync } from "node:child_process";
import test from "ava";
import { optionTables } from "../../../src/config/index.ts";
import {
  aboutUwsgiOption,
  explainUwsgiMeaning,
  explainUwsgiOption,
  uwsgiGroups,
  uwsgiOptionNames,
} from "../../../src/config/uwsgi/about.ts";
import { findProgram } from "../../helpers/find-program.ts";
import { needs, needsUwsgiPython } from "../../helpers/needs.ts";

/** All options that this machine's uWSGI has, with a plugin. */
function installedOptions(...plugins: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(
    findProgram("uwsgi") ?? "",
    [...plugins.flatMap((plugin) => ["--plugin", plugin]), "--help"],
    {
      encoding: "utf8",
    },
  );
  return [...stdout.matchAll(/^ +(?:-.\|)?--([\w-]+)/gm)].map(([, name = ""]) => name);
}

needs("uwsgi")("every option of the uWSGI that is installed has a verdict", (t) => {
  const options = installedOptions();
  t.true(options.length > 700);
  t.deepEqual(
    options.filter((name) => aboutUwsgiOption(name) === undefined),
    [],
  );
});

needsUwsgiPython()("so has every option of its plugins that are installed with it", (t) => {
  const options = [
    "python3",
    "http",
    "fastrouter",
    "rawrouter",
    "sslrouter",
    "cgi",
    "carbon",
    "cheaper_busyness",
  ].flatMap((plugin) => installedOptions(plugin));
  t.true(options.includes("wsgi-file") && options.includes("fastrouter"));
  t.deepEqual(
    [...new Set(options)].filter((name) => aboutUwsgiOption(name) === undefined),
    [],
  );
});

test("an option stands in one group, and in none where it is ours", (t) => {
  const names = uwsgiGroups.flatMap((group) => group.names.split(/\s+/));
  t.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
  const ours = new Set(
    optionTables.serve.flatMap(({ name, aliases = [], isOfUwsgi }) =>
      isOfUwsgi === true ? [name, ...aliases] : aliases,
    ),
  );
  t.deepEqual(
    names.filter((name) => ours.has(name)),
    [],
  );
});

test("what the table of options says to be uWSGI's is the same there", (t) => {
  for (const { name, isOfUwsgi } of optionTables.serve) {
    if (isOfUwsgi === true) t.is(aboutUwsgiOption(name)?.verdict, "same", name);
    else t.not(aboutUwsgiOption(name)?.verdict, "same", name);
  }
});

test("what an option is said to be here exists here", (t) => {
  const ours = new Set(optionTables.serve.map(({ name }) => name));
  for (const { to, text, names } of uwsgiGroups) {
    if (to !== undefined) t.true(ours.has(to), `${to}, of ${names}`);
    t.notRegex(text, /\.$/, names);
  }
  t.is(new Set(uwsgiOptionNames()).size, uwsgiOptionNames().length);
});

test("an option that goes by another name is renamed", (t) => {
  t.like(aboutUwsgiOption("limit-post"), { verdict: "renamed", to: "max-body-bytes" });
  t.like(aboutUwsgiOption("disable-logging"), { verdict: "renamed", to: "access-log" });
  t.like(aboutUwsgiOption("workers"), { verdict: "same", to: "processes" });
});

test("whoever uses one is told what to use", (t) => {
  t.is(
    explainUwsgiOption("master-fifo"),
    "master-fifo is uWSGI's: commands are uisge reload, stop, scale, reopen, status",
  );
  t.is(explainUwsgiOption("die-on-term"), "die-on-term is uWSGI's: TERM always ends it");
  t.is(explainUwsgiOption("die-on-terms"), undefined);
});

test("a value tells that uWSGI's option of a name is meant, and not ours", (t) => {
  t.regex(explainUwsgiMeaning({ name: "listen", value: "1024" }) ?? "", /^listen = 1024 is uWSGI's: the backlog/);
  t.regex(explainUwsgiMeaning({ name: "cron", value: "0 3 -1 -1 -1 clean" }) ?? "", /crontab/);
  t.regex(explainUwsgiMeaning({ name: "timer", value: "17 60" }) ?? "", /signal/);
  t.regex(explainUwsgiMeaning({ name: "import", value: "tasks.startup" }) ?? "", /Python/);
  for (const [name, value] of [
    ["listen", "127.0.0.1:3000"],
    ["cron", "0 3 * * * clean -1"],
    ["timer", "60 node poll.js"],
    ["import", "./instrument.js"],
    ["processes", "-1"],
  ] as const) {
    t.is(explainUwsgiMeaning({ name, value }), undefined, `${name} = ${value}`);
  }
});
