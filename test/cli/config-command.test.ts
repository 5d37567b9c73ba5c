/** `uisge config`, as it was built. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const SOUND = `[uisge]
application = shop.js
socket = /tmp/shop.sock
harakiri = 30
middleware = session

[middleware:session]
keys = ["0123456789abcdef0123456789abcdef"]
`;

const SLIPS = `[uisge]
application = shop.js
proceses = 2
harakiri = soon
`;

interface Said {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command says of a file, in whose folder it runs. */
async function config(t: ExecutionContext, args: readonly string[], text = "", env = {}): Promise<Said> {
  const cwd = folderOf(t);
  if (text !== "") writeFileSync(join(cwd, "shop.ini"), text);
  const { stdout, ...said } = await runUisge(["config", ...args], { cwd, env });
  return { ...said, stdout: stdout.toString() };
}

test("check says all slips, with line and what was meant, and is 65", async (t) => {
  const { code, stdout, stderr } = await config(t, ["check", "shop.ini"], SLIPS);
  t.is(code, 65);
  t.is(stdout, "");
  const [first, second, end] = stderr.split("\n");
  t.is(first, 'shop.ini:3: there is no option "proceses", did you mean processes?');
  t.is(second, "shop.ini:4: harakiri soon: a number of seconds is needed, such as 30 or 0.5");
  t.is(end, "");
});

test("where nothing is configured, check does not say that nothing is wrong", async (t) => {
  const { code, stderr } = await config(t, ["check"]);
  t.is(code, 66);
  t.regex(stderr, /no configuration is here: FILE is needed/);
});

test("check --json is one object, with what is only odd, too", async (t) => {
  const wrong = await config(t, ["check", "shop.ini", "--json"], SLIPS);
  t.is(wrong.code, 65);
  t.is(wrong.stderr, "");
  const { problems } = JSON.parse(wrong.stdout) as { problems: readonly object[] };
  t.is(problems.length, 2);
  t.like(problems[0], { where: "shop.ini:3", file: "shop.ini", line: 3, option: "proceses" });

  const text = SOUND.replace("[uisge]", "[uwsgi]").replace("\n\n", "\nthreads = 4\n\n");
  const odd = await config(t, ["check", "shop.ini", "--json"], text, { UISGE_PROCESES: "2" });
  t.is(odd.code, 0, odd.stderr);
  t.like(JSON.parse(odd.stdout), {
    problems: [],
    warnings: [{ where: "shop.ini:6", option: "threads" }, { where: "UISGE_PROCESES" }],
  });
});

test("a file that is not there is 66, a wrong environment 64, what is no action 64", async (t) => {
  const none = await config(t, ["check", "none.ini"]);
  t.is(none.code, 66);
  t.regex(none.stderr, /none\.ini/);
  const environment = await config(t, ["check", "shop.ini"], SOUND, { UISGE_HARAKIRI: "soon" });
  t.is(environment.code, 64);
  t.regex(environment.stderr, /^UISGE_HARAKIRI soon: a number of seconds is needed/);
  const slip = await config(t, ["chek"]);
  t.is(slip.code, 64);
  t.regex(slip.stderr, /ACTION chek: did you mean check\? there are check, show, schema, docs/);
});

test("show says where each value comes from, and no secret", async (t) => {
  const { code, stdout, stderr } = await config(t, ["show", "shop.ini"], SOUND, { UISGE_HARAKIRI: "60" });
  t.is(code, 0, stderr);
  const rows = stdout.trimEnd().split("\n");
  t.deepEqual(
    rows.map((row) => row.split(/ {2,}/)),
    [
      ["OPTION", "VALUE", "FROM"],
      ["application", "shop.js", "shop.ini:2"],
      ["socket", "/tmp/shop.sock", "shop.ini:3"],
      ["harakiri", "60", "UISGE_HARAKIRI"],
      ["middleware", '{"name":"session","options":{"keys":"..."}}', "shop.ini:7"],
    ],
  );
});

test("show --json --secrets has values with their kinds, and secrets", async (t) => {
  const { code, stdout, stderr } = await config(t, ["show", "shop.ini", "--json", "--secrets"], SOUND);
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), {
    harakiri: { value: 30, origins: ["shop.ini:4"] },
    middleware: { value: [{ name: "session", options: { keys: ["0123456789abcdef0123456789abcdef"] } }] },
  });
});

test("nothing of a file or of the environment speaks to the terminal", async (t) => {
  const text = SOUND.replace("shop.sock", "sh\u001b[2Jop.sock");
  const shown = await config(t, ["show", "shop.ini"], text);
  t.is(shown.code, 0, shown.stderr);
  t.false(shown.stdout.includes("\u001b"), JSON.stringify(shown.stdout));
  const wrong = await config(t, ["check", "shop.ini"], SLIPS.replace("soon", "so\u001b[2Jon"));
  t.is(wrong.code, 65);
  t.false(wrong.stderr.includes("\u001b"), JSON.stringify(wrong.stderr));
});

for (const [action, file] of [
  ["schema", "uisge.schema.json"],
  ["docs", "docs/options.md"],
] as const) {
  test(`${action} prints ${file}`, async (t) => {
    const { code, stdout } = await config(t, [action]);
    t.is(code, 0);
    t.is(stdout, readFileSync(join(projectRoot, file), "utf8"));
  });
}
