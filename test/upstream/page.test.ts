/** What docs/upstream.md shows runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import { Child } from "../helpers/child.ts";
import { codeBlock } from "../helpers/code-block.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { userProject } from "../helpers/user-project.ts";

const block = (word: string): string => codeBlock("docs/upstream.md", "js", word);

test("the page's programs ask nodes, change them and watch them", async (t) => {
  await using one = await startServer(() => respond("one"), { kind: "tcp" });
  await using two = await startServer(() => respond("two"), { kind: "tcp" });
  const ours = (program: string): string =>
    program
      .replaceAll("10.0.0.1:3031", formatAddress(one.address))
      .replaceAll(/10\.0\.0\.[23]:3031/g, formatAddress(two.address));
  const folder = userProject(t, {
    // Closed by the program behind it.
    "upstream.js": ours(block("// upstream.js")).replace("await upstream.close();", ""),
    "watch.js": ours(block("// watch.js")),
    "deploy.js": ours(block("// deploy.js")),
    "main.js": 'import "./watch.js";\nimport "./deploy.js";\n',
  });
  await using child = new Child(["main.js"], { cwd: folder });
  // The process ends though nobody has closed the upstream.
  t.is(await child.exit(), 0, child.stderr);
  const [a, b] = [one, two].map(({ address }) => formatAddress(address)) as [string, string];
  t.deepEqual(child.stdout.trimEnd().split("\n"), [
    `${a} added: was added`,
    `${b} added: was added`,
    "/run/spare.sock added: was added",
    "200 one",
    `${b} draining: was removed`,
    `${b} removed: was removed`,
    `${a} down: maintenance`,
    `${a} up: was marked alive`,
    `${a} up 0`,
    "/run/spare.sock up 0",
  ]);
});

test("the page's first program ends by itself", async (t) => {
  await using one = await startServer(() => respond("hello"), { kind: "tcp" });
  const program = block("// upstream.js").replace("10.0.0.1:3031", formatAddress(one.address));
  const folder = userProject(t, { "upstream.js": program });
  await using child = new Child(["upstream.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "200 hello\n");
});

test("an upstream with checks and names that nobody closes does not keep a process alive, and leaves nothing open when it is closed", async (t) => {
  await using one = await startServer(() => respond("hello"), { kind: "tcp" });
  const folder = userProject(t, {});
  const address = JSON.stringify(formatAddress(one.address));
  writeFileSync(
    join(folder, "open.js"),
    `import { request } from "uisge/client";
import { Upstream } from "uisge/upstream";
const options = { health: { active: { intervalMs: 60_000 } }, resolve: { intervalMs: 60_000 } };
const open = () => new Upstream({ nodes: [${address}, "localhost:1 backup"], ...options });
const [closed, kept] = [open(), open()];
for (let i = 0; i < 200; i++) await (await request(closed, {})).text();
const controller = new AbortController();
for (let i = 0; i < 20; i++) await (await request(kept, { signal: controller.signal })).text();
await closed.close();
const { getEventListeners } = await import("node:events");
console.log(getEventListeners(controller.signal, "abort").length);
const left = () => process.getActiveResourcesInfo().filter((one) => /TCP|Timeout|GetAddrInfo/.test(one));
for (let round = 0; round < 1_000 && left().length > 0; round++) await new Promise(setImmediate);
console.log(left());
`,
  );
  await using child = new Child(["open.js"], { cwd: folder });
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "0\n[]\n");
});
