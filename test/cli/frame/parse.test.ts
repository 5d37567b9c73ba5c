import test from "ava";
import type { CommandDefinition } from "../../../src/cli/frame/definition.ts";
import { runDefinition } from "../../../src/cli/frame/run-definition.ts";
import { parseArguments } from "../../../src/cli/frame/to-commander.ts";

const definition: CommandDefinition = {
  name: "try",
  summary: "",
  synopsis: [""],
  positionals: [{ name: "NAME|PID", summary: "", isOptional: true }],
  options: [
    { name: "count", short: "c", value: "N", summary: "" },
    { name: "only", value: "TEXT", repeats: true, summary: "" },
    { name: "kind", value: "KIND", choices: ["request", "response"], summary: "" },
    { name: "watch", value: "FOLDER", bare: "", repeats: true, summary: "" },
    { name: "probe", summary: "" },
    { name: "no-probe", summary: "" },
    { name: "quiet", short: "q", summary: "" },
  ],
  examples: [],
  run: () => 0,
};

const parse = (...args: string[]) => parseArguments(definition, args);

for (const [rule, args, values, positionals] of [
  ["options may stand anywhere", ["-q", "shop", "--count", "2"], { quiet: true, count: "2" }, ["shop"]],
  ["a value may stand in one word with its option", ["--count=2"], { count: "2" }, []],
  ["short options may stand in one word, the last one's value behind it", ["-qc2"], { quiet: true, count: "2" }, []],
  ["the last value counts where one is taken", ["-c1", "--count", "2"], { count: "2" }, []],
  ["one that repeats is a list, in order", ["--only", "b", "--only=a"], { only: ["b", "a"] }, []],
  ["names with no- are names", ["--no-probe"], { "no-probe": true }, []],
  ["both may be given", ["--probe", "--no-probe"], { probe: true, "no-probe": true }, []],
  ["one that may stand alone has its bare value", ["--watch"], { watch: [""] }, []],
  ["and each time", ["--watch=a", "--watch", "-q"], { watch: ["a", ""], quiet: true }, []],
  ["what is to begin with - stands behind =", ["--only=--x", "--only=-1"], { only: ["--x", "-1"] }, []],
  ["-> begins a rule", ["--only", "-> x"], { only: ["-> x"] }, []],
  ["- is a name", ["-"], {}, ["-"]],
  ["behind -- nothing is an option", ["--", "-q"], {}, ["-q"]],
  ["names of an object's own are values as others", ["--only", "__proto__"], { only: ["__proto__"] }, []],
] as const) {
  test(`${rule}: ${args.join(" ")}`, (t) => {
    const parsed = parse(...args);
    t.deepEqual({ ...parsed.values }, values as unknown as typeof parsed.values);
    t.deepEqual(parsed.positionals, positionals as unknown as string[]);
  });
}

for (const [args, message] of [
  [["--cuont", "1"], "unknown option '--cuont': did you mean --count?"],
  [["--zzz"], "unknown option '--zzz'"],
  [["--coun", "1"], "unknown option '--coun': did you mean --count?"],
  [["-x"], "unknown option '-x'"],
  [["-qx"], "unknown option '-x'"],
  [["--constructor"], "unknown option '--constructor'"],
  [["--\u001b[2J"], "unknown option '--?[2J'"],
  [["--count"], "--count needs a value: --count N"],
  [["-qc"], "--count needs a value: --count N"],
  [["-c", "-q"], "--count needs a value, and -q looks like an option; if it is meant: --count=-q"],
  [["--count", "--"], "--count needs a value, and -- looks like an option; if it is meant: --count=--"],
  [["--quiet=yes"], "--quiet takes no value; got --quiet=yes"],
  [["--kind", "reqest"], "--kind reqest: did you mean request? there are request, response"],
  [["--kind=x"], "--kind x: there are request, response"],
] as const) {
  test(`${JSON.stringify(args)} is refused: ${message}`, (t) => {
    t.throws(() => parse(...args), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

for (const [positionals, args, message] of [
  [definition.positionals ?? [], ["a", "b"], "try takes one NAME or PID; got 2"],
  [[], ["a\u001b"], 'try takes options alone; got "a\\u001b"'],
  [[{ name: "FILE", summary: "" }], [], "try takes one FILE; got 0"],
  [
    [
      { name: "ACTION", summary: "" },
      { name: "FILE", summary: "", isOptional: true, repeats: true },
    ],
    [],
    "try takes one ACTION; got 0",
  ],
  [
    [{ name: "SHELL", summary: "", choices: ["bash", "zsh"] }],
    ["bush"],
    "SHELL bush: did you mean bash? there are bash, zsh",
  ],
] as const) {
  test(`so many arguments are refused: ${message}`, async (t) => {
    await t.throwsAsync(runDefinition({ ...definition, positionals }, args), {
      code: "UWSGI_INVALID_ARGUMENT",
      message,
    });
  });
}

test("what stands behind -- is another program's where that is so, its --help too", async (t) => {
  let rest: readonly string[] = [];
  const passing: CommandDefinition = {
    ...definition,
    passesArguments: true,
    run: (parsed) => ((rest = parsed.rest), 7),
  };
  t.is(await runDefinition(passing, ["shop", "--", "--help", "-c", "--"]), 7);
  t.deepEqual(rest, ["--help", "-c", "--"]);
});

test("a command that reads its arguments itself gets all of them", async (t) => {
  let rest: readonly string[] = [];
  const own: CommandDefinition = { ...definition, readsArguments: true, run: (parsed) => ((rest = parsed.rest), 0) };
  await runDefinition(own, ["-d", "--help", "x", "y"]);
  t.deepEqual(rest, ["-d", "--help", "x", "y"]);
});
