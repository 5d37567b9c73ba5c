/** `deploy/container`: what can be judged of an image without building it, and its command lines for real. */
import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { optionTables } from "../../src/config/index.ts";
import { Child, LONG_MS } from "../helpers/child.ts";
import { readDeploy, uisgeIn } from "../helpers/deploy-files.ts";
import { until } from "../helpers/measure.ts";
import { needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Comments left out, lines that go on joined. */
const instructions: readonly Instruction[] = readDeploy("container/Dockerfile")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, " ")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => {
    const [, name = "", text = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    return { name, text };
  });

/** Of the last stage, which is the image. */
const image = instructions.slice(instructions.map(({ name }) => name).lastIndexOf("FROM"));

function the(name: string): string {
  const found = image.filter((one) => one.name === name);
  if (found.length !== 1) throw new Error(`${name} is said ${found.length} times`);
  return found[0]?.text ?? "";
}

const list = (text: string): string[] => JSON.parse(text.slice(text.indexOf("["))) as string[];

const command = list(the("CMD"));
const health = list(the("HEALTHCHECK"));

test("the Dockerfile has nothing but instructions that Docker knows, in an order that it takes", (t) => {
  const known = new Set("FROM WORKDIR COPY RUN LABEL ENV USER VOLUME STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split(" "));
  t.deepEqual(
    instructions.filter(({ name }) => !known.has(name)),
    [],
  );
  t.is(instructions[0]?.name, "FROM");
  const froms = instructions.filter(({ name }) => name === "FROM");
  const stages = new Set(froms.map(({ text }) => / AS (\S+)$/.exec(text)?.[1]));
  for (const { text } of image) {
    const from = /^--from=(\S+)/.exec(text)?.[1];
    if (from !== undefined) t.true(stages.has(from), text);
  }
});

test("both stages have the same Node.js, which is one that uisge runs on", (t) => {
  const bases = instructions.filter(({ name }) => name === "FROM").map(({ text }) => text.split(" ")[0]);
  t.is(new Set(bases).size, 1);
  t.true(Number(/^node:(\d+)-/.exec(bases[0] ?? "")?.[1]) >= 22);
});

test("the image is nobody's who is root, by numbers, and what it runs from is not its own", (t) => {
  t.regex(the("USER"), /^[1-9]\d*:[1-9]\d*$/);
  const user = image.findIndex(({ name }) => name === "USER");
  t.true(image.every(({ name }, at) => at < user || (name !== "COPY" && name !== "RUN")));
  t.true(image.every(({ name, text }) => name !== "COPY" || !text.includes("--chown")));
});

test("process 1 is an init that the image has, and the commands are lists, without a shell between", (t) => {
  t.deepEqual(list(the("ENTRYPOINT")), ["tini", "--"]);
  t.true(image.some(({ name, text }) => name === "RUN" && /apt-get install .*\btini\b/.test(text)));
  t.is(command[0], "uisge");
  t.is(health[0], "uisge");
  t.true(image.some(({ name, text }) => name === "ENV" && text.includes("node_modules/.bin:$PATH")));
});

test("it ends before Docker kills it, and a ping before its check is over", (t) => {
  t.is(the("STOPSIGNAL"), "SIGTERM");
  t.true(Number(command[command.indexOf("--grace") + 1]) + 1 < 10);
  const limit = Number(/--timeout=(\d+)s/.exec(the("HEALTHCHECK"))?.[1]);
  t.true(Number(health[health.indexOf("--timeout") + 1]) + 2 < limit);
});

test("all options of its command are options of uisge serve, and it pings where it listens", (t) => {
  const known = new Set(optionTables.serve.map(({ name }) => `--${name}`));
  t.deepEqual(
    command.filter((word) => word.startsWith("--") && !known.has(word)),
    [],
  );
  const socket = command[command.indexOf("--socket") + 1] ?? "";
  t.is(health.at(-1), socket);
  t.deepEqual(list(the("VOLUME")), [join(socket, "..")]);
});

needsOtherUser()(
  "its command serves, its health check succeeds only then, and its signal ends it with 0",
  async (t) => {
    const folder = folderOf(t);
    chownSync(folder, OTHER_UID, OTHER_UID);
    writeFileSync(join(folder, "app.js"), "exports.application = (environ, start) => (start('200 OK', []), 'hello');");
    const here = (words: readonly string[]): string[] =>
      words.slice(1).map((word) => word.replace("/run/uisge", folder));
    const options = { program: uisgeIn(folder), cwd: folder, uid: OTHER_UID, env: { TMPDIR: folder } };
    t.is((await runUisge(here(health))).code, 1);
    await using served = new Child(here(command), options);
    await until(async () => (await runUisge(here(health))).code === 0, LONG_MS, "the health check succeeds");
    served.process.kill("SIGTERM");
    t.is(await served.exit(), 0, served.stderr);
  },
);

test("what an image must not have is not sent to the build", (t) => {
  const ignored = readDeploy("container/.dockerignore").split("\n");
  for (const name of ["node_modules", ".git", ".env*", "*.pem", "*.key"]) t.true(ignored.includes(name), name);
});

interface ComposeService {
  readonly stop_grace_period: string;
  readonly user?: string;
  readonly group_add?: readonly string[];
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

test("Compose starts nginx when the health check succeeds, with the socket's group, and gives both their time to end", (t) => {
  const { services } = parse(readDeploy("container/compose.yaml")) as {
    readonly services: Readonly<Record<"nginx" | "uisge", ComposeService>>;
  };
  const { nginx, uisge } = services;
  t.deepEqual(nginx.depends_on, { uisge: { condition: "service_healthy" } });
  t.deepEqual(nginx.group_add, [the("USER").split(":")[1]]);
  const volume = `socket:${list(the("VOLUME"))[0]}`;
  t.true(nginx.volumes.includes(volume) && uisge.volumes.includes(volume));
  const quit = Number(/worker_shutdown_timeout (\d+)s/.exec(readDeploy("kubernetes/nginx.conf"))?.[1]);
  t.true(Number.parseInt(nginx.stop_grace_period, 10) > quit);
  t.true(Number.parseInt(uisge.stop_grace_period, 10) > Number(command[command.indexOf("--grace") + 1]) + 1);
});
