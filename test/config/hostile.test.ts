/** Configurations that somebody has made to hold up, crash or deceive whoever reads them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { type Loaded, loadConfig } from "../../src/config/index.ts";
import { writeYaml } from "../../src/config/import/write-yaml.ts";
import { folderOf } from "../helpers/temp-folder.ts";

async function load(t: ExecutionContext, name: string, text: string): Promise<Loaded> {
  const file = join(folderOf(t), name);
  writeFileSync(file, text);
  return loadConfig({ files: [file], env: {} });
}

const messages = ({ problems }: Loaded): string[] => problems.map(({ message }) => message);

test.serial("a megabyte of empty lines takes no time", async (t) => {
  t.timeout(60_000);
  const loaded = await load(t, "a.ini", `[uisge]\n${"\n".repeat(1_000_000)}processes = 2`);
  t.deepEqual(loaded.values, { processes: 2 });
});

test.serial("long lists are read, and pairs of them joined", async (t) => {
  t.timeout(60_000);
  const items = Array.from({ length: 140_000 }, () => `"a"`).join();
  const pairs = Array.from({ length: 140_000 }, () => `"A=1"`).join();
  t.is(((await load(t, "a.json", `{"socket":[${items}]}`)).values["socket"] as unknown[]).length, 140_000);
  t.deepEqual((await load(t, "b.json", `{"env":[${pairs}]}`)).values, { env: { A: "1" } });
});

test.serial("no more problems are told than anybody reads", async (t) => {
  t.timeout(60_000);
  const references = Array.from({ length: 140_000 }, () => `"$(x)"`).join();
  t.is((await load(t, "a.json", `{"socket":[${references}]}`)).problems.length, 200);
  const unknown = Array.from({ length: 9_000 }, (_, index) => `k${index} = 1\n`).join("");
  t.is((await load(t, "a.ini", `[uisge]\n${unknown}`)).problems.length, 100);
});

test.serial("YAML and TOML have fewer bytes, as their parsers take long", async (t) => {
  for (const name of ["a.yaml", "a.yml", "a.toml"]) {
    const loaded = await load(t, name, "#".repeat(131_073));
    t.deepEqual(messages(loaded), ["it has 131073 bytes, at most 131072 are allowed"]);
  }
});

test.serial("a path that the system does not take is not there", async (t) => {
  const loaded = await load(t, "a.ini", `[uisge]\nif-exists = ${"a".repeat(5_000)}\nprocesses = 2\nendif =\n`);
  t.deepEqual([loaded.problems, loaded.values], [[], {}]);
});

test.serial("names of Object's are names as any other", async (t) => {
  const loaded = await load(
    t,
    "a.json",
    '{"env":{"__proto__":"a","constructor":"b"},"toString":1,"__proto__":{"uid":"x"}}',
  );
  t.deepEqual(Object.entries(loaded.values["env"] as object), [
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
  t.is(loaded.problems.length, 2);
  t.is(loaded.values["uid"], undefined);
});

test.serial("what is wrong with options that hold secrets does not repeat these", async (t) => {
  const text = 'middleware = session={"keys":["hunter"\nmiddleware = other {"a":"hunter"}\nenv = =hunter\n';
  const loaded = await load(t, "a.ini", `[uisge]\n${text}`);
  t.is(loaded.problems.length, 3);
  t.deepEqual(messages(loaded).slice(0, 2), [
    'middleware session=...: the options of session are no JSON: {"name": value, ...} is needed',
    "middleware other ...: there are inspect, errors, compress, session, auth",
  ]);
  const nested = await load(t, "a.yaml", "middleware: {other: {keys: hunter}}");
  t.deepEqual(messages(nested), ['middleware {"other":"..."}: there are inspect, errors, compress, session, auth']);
});

test.serial("upstreams and gateways have names that a command line holds", async (t) => {
  const loaded = await load(t, "a.yaml", 'upstream: {"my app": [/a.sock], "a=b": [/b.sock], app.v1: [/c.sock]}');
  t.deepEqual(messages(loaded), [
    'upstream {"my app":"...","a=b":"...","app.v1":"..."}: the name of an upstream has letters, digits, _ . and - alone',
  ]);
});

test.serial("relative paths begin in the folder that is said", async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(folder, "deep", "more.ini"), "[uisge]\nprocesses = 3\nname = @(name.txt)\n");
  writeFileSync(join(folder, "deep", "name.txt"), "shop\n");
  writeFileSync(
    join(folder, "deep", "a.ini"),
    "[uisge]\ninclude = more.ini\nfor-glob = *.txt\nsocket = ./%(_)\nendfor =\n",
  );
  const { values, problems } = await loadConfig({ files: ["a.ini"], env: {}, folder: join(folder, "deep") });
  t.deepEqual([problems, values], [[], { processes: 3, name: "shop", socket: ["./name.txt"] }]);
});

test.serial("a percent sign of an imported value is one when it is read again", async (t) => {
  const options = { env: { A: "100% of %n" }, args: ["%d"], "log-format": "%(uri) 5%" };
  const loaded = await load(t, "a.yaml", await writeYaml({ name: "a", options }, []));
  t.deepEqual([loaded.problems, loaded.values], [[], options]);
});

test.serial("what is imported into YAML and looks like a reference is read as it stands", async (t) => {
  const args = ["$(id)", "@(/etc/passwd)", "100%", "%n", "$$", "a$(b"];
  const text = await writeYaml({ name: "a", options: { args } }, []);
  const loaded = await load(t, "a.yaml", text);
  t.deepEqual(messages(loaded), []);
  t.deepEqual(loaded.values, { args });
});
