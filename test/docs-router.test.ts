/** docs/router.md: its commands, its file and its program run as they stand there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { helpText } from "../src/cli/frame/help-text.ts";
import { definition } from "../src/cli/route-command.ts";
import { PacketRouter, type PacketRouterOptions } from "../src/gateway/index.ts";
import { parseRulesFile, RuleSet } from "../src/router/index.ts";
import { Child } from "./helpers/child.ts";
import { codeBlock } from "./helpers/code-block.ts";
import { projectRoot } from "./helpers/project.ts";
import { ask, get } from "./helpers/raw-client.ts";
import { ScriptedPeer } from "./helpers/scripted-peer.ts";
import { folderOf } from "./helpers/temp-folder.ts";
import { userProject } from "./helpers/user-project.ts";

const PAGE = "docs/router.md";
const command = join(projectRoot, "dist/cli/main.js");

/** The arguments of a command in a shell block. */
function argumentsOf(block: string): string[] {
  const words = block.replaceAll("\\\n", " ").match(/'[^']*'|\S+/g) ?? [];
  return words.slice(2).map((word) => word.replaceAll("'", ""));
}

test("the page's command routes as it says", async (t) => {
  const folder = folderOf(t);
  await using api = await ScriptedPeer.start((socket) => {
    socket.once("data", (bytes: Buffer) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${bytes.toString("latin1")}`));
  });
  const args = argumentsOf(codeBlock(PAGE, "sh", "--rule 'host")).map((arg) =>
    arg.replace("/run/uisge/route.sock", join(folder, "r.sock")).replace("/run/api.sock", api.address),
  );
  await using child = new Child([command, ...args]);
  await child.printed("stderr", /listening on/);
  const address = { kind: "unix", path: join(folder, "r.sock") } as const;
  const answer = await ask(address, get({ HTTP_HOST: "a.example", PATH_INFO: "/api/x", SCRIPT_NAME: "" }));
  t.regex(answer.body, /PATH_INFO\x02\x00\/x/);
  t.is((await ask(address, get({ HTTP_HOST: "other" }))).status, 404);
  t.is((await ask(address, get({ HTTP_HOST: "x.b.example" }))).status, 502);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
});

test("the page's fastrouter hears announcements", async (t) => {
  const args = argumentsOf(codeBlock(PAGE, "sh", "--subscription-server")).map((arg) =>
    arg.replace("/run/uisge/route.sock", join(folderOf(t), "r.sock")).replace(":4000", ":0"),
  );
  await using child = new Child([command, ...args]);
  await child.printed("stderr", /hearing announcements on 127\.0\.0\.1:\d+\n.*routing -> subscribed\n/);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
});

test("the page's explanation is what is printed", async (t) => {
  await using child = new Child([command, ...argumentsOf(codeBlock(PAGE, "sh", "--explain"))]);
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, codeBlock(PAGE, "text", "rule 1"));
});

test("the page's file has rules and upstreams that can be made", async (t) => {
  const { upstreams, rules } = parseRulesFile(codeBlock(PAGE, "json", "upstreams"), "rules.json");
  t.deepEqual(Object.keys(upstreams), ["app", "sticky"]);
  t.is(new RuleSet(rules).rules.length, 5);
  // Lookups and pings begin, and end.
  await new PacketRouter({ rules, upstreams: upstreams as PacketRouterOptions["upstreams"] & object }).close();
});

test("the page's program listens, and closes", async (t) => {
  const folder = userProject(t, {});
  const program = codeBlock(PAGE, "js", "routerPlugins").replace("/run/uisge/route.sock", join(folder, "r.sock"));
  writeFileSync(join(folder, "route.js"), `${program}\nconsole.log("listening");\nawait server.close();\n`);
  await using child = new Child(["route.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "listening\n");
});

test("the help of the command fits a screen, and its example is a rule", (t) => {
  const usage = helpText(definition);
  t.true(usage.split("\n").length <= 31);
  t.deepEqual(
    usage.split("\n").filter((line) => line.length > 80),
    [],
  );
  for (const [, rule = ""] of usage.matchAll(/--rule '([^']+)'/g)) t.notThrows(() => new RuleSet([rule]));
});
