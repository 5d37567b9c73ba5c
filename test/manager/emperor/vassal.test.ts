import { parseArgs } from "node:util";
import test from "ava";
import { flagTable } from "../../../src/cli/options/flags.ts";
import { optionTables } from "../../../src/config/index.ts";
import { vassalOf } from "../../../src/manager/emperor/vassal.ts";

const flags = flagTable(optionTables.serve);

function read(said: unknown) {
  return vassalOf(said, "shop", "/etc/vassals/shop.json", flags);
}

test("a file becomes a command line that serve reads as it was meant", (t) => {
  const { args } = read({
    application: "app.js:site",
    args: ["--help", "x"],
    socket: ["a.sock", "127.0.0.1:3031"],
    processes: 2,
    uid: "www-data",
    insecure: true,
    "allow-root": false,
    watch: true,
    env: "A=--b c",
  });
  const end = args.indexOf("--");
  const { values, positionals } = parseArgs({ args: args.slice(0, end), options: flags, allowPositionals: true });
  t.deepEqual(
    { ...values },
    {
      socket: ["a.sock", "127.0.0.1:3031"],
      processes: "2",
      uid: "www-data",
      insecure: true,
      watch: [""],
      env: ["A=--b c"],
      name: "shop",
    },
  );
  t.deepEqual(positionals, ["app.js:site"]);
  t.deepEqual(args.slice(end + 1), ["--help", "x"]);
});

test("a vassal has a master and a name, whatever its file leaves out", (t) => {
  t.deepEqual(read({ application: "app.js" }).args, ["app.js", "--processes=1", "--name=shop", "--"]);
});

for (const [said, why] of [
  [[], /shop\.json: it holds \[\], and an object/],
  [null, /it holds null/],
  [{}, /application is missing/],
  [{ application: "--eval" }, /application is "--eval"/],
  [{ application: "a", args: "b" }, /args is "b", a list/],
  [{ application: "a", proceses: 2 }, /there is no option "proceses", the nearest is processes/],
  [{ application: "a", zzzzzzzzzzz: 2 }, /there is no option "zzzzzzzzzzz"$/],
  [JSON.parse('{"application":"a","__proto__":1}'), /there is no option "__proto__"/],
  [{ application: "a", insecure: "yes" }, /insecure is "yes", true or false/],
  [{ application: "a", processes: [1, 2] }, /processes is \[1,2\], a string or a number/],
  [{ application: "a", processes: null }, /processes is null/],
  [{ application: "a", socket: [["x"]] }, /socket is \[\["x"\]\], a string, a number or a list/],
] as const) {
  test(`a vassal is refused with ${why}`, (t) => {
    t.throws(() => read(said), { code: "UWSGI_BAD_CONFIGURATION", message: why });
  });
}
