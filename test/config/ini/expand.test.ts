import test from "ava";
import { expand } from "../../../src/config/ini/expand.ts";
import { magicOf } from "../../../src/config/ini/magic.ts";
import { memoryHost } from "./hosts.ts";

const env = { HOME: "/root", EMPTY: "", LOOP: "$(LOOP)", REFERS: "@(word)" };
const files = {
  word: "hello\n",
  crlf: "hello\r\n\r\n",
  "x(1)": "parens",
  refers: "@(word) %(port)",
  big: "x".repeat(2_000),
};
const options: Readonly<Record<string, string>> = { port: "3031", name: "app", n: "port", empty: "" };

function expandWith(text: string, withMagic = true): { readonly text: string; readonly problems: readonly string[] } {
  const host = memoryHost(files, { env });
  const file = { path: "/etc/uisge/conf.d/app.one.ini", section: "blue" };
  const magic = magicOf(file, { path: "/etc/vassals/first.ini", section: undefined }, host);
  const placeholder = (name: string) => (Object.hasOwn(options, name) ? options[name] : undefined);
  return expand(text, { host, ...(withMagic ? { magic } : {}), placeholder, mostLength: 1_000 });
}

for (const [text, expected] of [
  ["plain $5 @home 100%% (x)", "plain $5 @home 100% (x)"],
  ["%o|%p|%s", "/etc/uisge/conf.d/app.one.ini|/etc/uisge/conf.d/app.one.ini|app.one.ini"],
  ["%d|%e|%n|%c|%x", "/etc/uisge/conf.d/|ini|app.one|conf.d|blue"],
  ["%O|%P|%S", "/etc/vassals/first.ini|/etc/vassals/first.ini|first.ini"],
  ["%D|%E|%N|%C|%X", "/etc/vassals/|ini|first|vassals|"],
  ["%0|%1|%2|%3|%9", "etc|uisge|conf.d||"],
  ["%v|%h|%k|%V|%b", "/srv|box|4|1.2.3|/usr/bin/uisge"],
  ["%u|%U|%g|%G", "33|www-data|34|www"],
  ["%t|%T", "1700000000|1700000000123456"],
  ["%i|%I", "77|77"],
  ["%[[1m", "\u001b[1m"],
  ["%%n %%%n", "%n %app.one"],
  ["$(HOME)/x", "/root/x"],
  ["<$(EMPTY)>", "<>"],
  ["$(NOT:-x) $(EMPTY:-x) $(HOME:-x)", "x x /root"],
  ["<$(NOT-x)> <$(EMPTY-x)> <$(NOT-)> <$(NOT:-)>", "<x> <> <> <>"],
  ["$(NOT:-a:-b-c)", "a:-b-c"],
  ["$(NOT:-$(HOME)/x) $(NOT:-$(NEITHER-(y)))", "/root/x (y)"],
  ["$(HOME:-$(NOT))", "/root"],
  ["$(LOOP)", "$(LOOP)"],
  ["$(REFERS)", "hello"],
  ["@(word)!@(crlf)!", "hello!hello\r\n!"],
  ["@(x(1))", "parens"],
  ["@(refers)", "@(word) 3031"],
  ["%(port) %(name)", "3031 app"],
  ["%%(port)", "3031"],
  ["%(%(n))", "3031"],
  ["<%(empty)>", "<>"],
  ["%(addr) - %(user) [%(ltime)] %(var.X)", "%(addr) - %(user) [%(ltime)] %(var.X)"],
  ["%() $() @() %( $( @(", "%() $() @() %( $( @("],
  ["%(a %(port)", "%(a 3031"],
  ["%(port + 1)", "3032"],
] as const) {
  test(`${JSON.stringify(text)} means ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(expandWith(text), { text: expected, problems: [] });
  });
}

const magic = (what: string): string => `${what} does not exist: a percent sign is written %%`;

for (const [text, problem, result = text] of [
  ["$(NOT)", 'the environment variable "NOT" is not set: set it, or write $(NOT:-DEFAULT)'],
  ["$(__proto__)", 'the environment variable "__proto__" is not set: set it, or write $(__proto__:-DEFAULT)'],
  ["$(N\u001bO)", String.raw`the environment variable "N\u001bO" is not set: set it, or write $(NAME:-DEFAULT)`],
  ["@(nothing)", "@(nothing): ENOENT: no such file or directory, open 'nothing'"],
  ["@(big)", "@(big): 2000 bytes, at most 1000 are read"],
  ["@(-)", "@(-): standard input is not read: a file has to be named"],
  [
    "@(http://example.com/x)",
    "@(http://example.com/x): http:// is not read: what comes over the network cannot be trusted to configure a server",
  ],
  ["@(exec://ls)", "@(exec://ls): exec:// is not read: a configuration runs no commands"],
  ["@(fd://3)", "@(fd://3): fd:// is not read: an open descriptor cannot be read a second time, at a reload"],
  ...["call", "callint", "sym", "section", "data"].map(
    (scheme) =>
      [`@(${scheme}://x)`, `@(${scheme}://x): ${scheme}:// is not read: it is a part of uWSGI's own program`] as const,
  ),
  ["@(emperor://x)", "@(emperor://x): emperor:// is not read: an emperor hands over files here"],
  ["@(constructor://x)", "@(constructor://x): ENOENT: no such file or directory, open 'constructor://x'"],
  ["%z", magic('the magic variable "%z"')],
  ["5% off", magic('the magic variable "% "')],
  ["%é", magic('the magic variable "%é"')],
  ["%\u009b", magic(String.raw`the magic variable "%\u009b"`)],
  ["100%", magic("a % at the end of a line")],
  ["%(port + prot)", 'no option is called "prot", as %(prot ...) needs it', "3031"],
] as const) {
  test(`${JSON.stringify(text)} is a problem`, (t) => {
    t.deepEqual(expandWith(text), { text: result, problems: [problem] });
  });
}

test("without a table, percent signs stay as they are", (t) => {
  t.deepEqual(expandWith("%n %% 5% %(port)", false), { text: "%n %% 5% 3031", problems: [] });
});

test("a value may become 1000 characters long here, and no longer", (t) => {
  t.is(expandWith(`${"x".repeat(996)}%(port)`).text.length, 1_000);
  const text = `${"x".repeat(997)}%(port)`;
  t.deepEqual(expandWith(text), { text, problems: ["the value has more than 1000 characters when all is put in"] });
});

test("references may stand within each other 16 times", (t) => {
  const nest = (count: number, open: string, inner: string): string => open.repeat(count) + inner + ")".repeat(count);
  t.is(expandWith(nest(15, "$(NOT:-", "x")).text, "x");
  for (const open of ["$(NOT:-", "%(", "@("]) {
    t.deepEqual(expandWith(nest(40, open, "x"), false).problems.filter((problem) => problem.includes("16")).length, 1);
  }
});

test("what is put in comes out of one budget", (t) => {
  const host = memoryHost({}, { env: { A: "x".repeat(60) } });
  const budget = { left: 100 };
  t.deepEqual(expand("$(A)", { host, budget }).problems, []);
  const problem = "all that is put in for references is too long: are there references to each other?";
  t.deepEqual(expand("$(A)", { host, budget }).problems, [problem]);
  t.deepEqual(expand("$(A)", { host, budget }), { text: "$(A)", problems: [] });
});

test("reading a text ends quickly, however many parentheses are open", (t) => {
  const { text, problems } = expandWith("%(".repeat(30_000), false);
  t.is(text.length, 60_000);
  t.deepEqual(problems, []);
});
