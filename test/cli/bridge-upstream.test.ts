/** `uisge bridge` in front of several servers: given, or announced. */
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { nodeHandler } from "../../src/app/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { Child } from "../helpers/child.ts";
import { freePort } from "../helpers/front-end-process.ts";
import { send } from "../helpers/http-client.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { startServer } from "../helpers/test-server.ts";
import { writeFileSync } from "node:fs";

const program = join(projectRoot, "dist/cli/main.js");

function uisge(t: ExecutionContext, args: readonly string[]): Child {
  const child = new Child([program, ...args]);
  t.teardown(() => child[Symbol.asyncDispose]());
  return child;
}

/** Starts a bridge; answers its port. */
async function bridge(t: ExecutionContext, args: readonly string[]): Promise<{ child: Child; port: number }> {
  const child = uisge(t, ["bridge", "--http", "127.0.0.1:0", ...args]);
  const [, port] = await child.printed("stderr", /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  return { child, port: Number(port) };
}

/** A server that says its name; closed by the test itself, or at its end. */
async function named(t: ExecutionContext, name: string): Promise<{ address: string; close(): Promise<void> }> {
  const server = await startServer(
    nodeHandler((_, res) => {
      res.end(name);
    }),
  );
  t.teardown(() => server[Symbol.asyncDispose]());
  return { address: formatAddress(server.address), close: () => server.server.close() };
}

async function askMany(port: number, count: number, path = "/"): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { status, body } = await send({ port, path });
    const said = status === 200 ? body.toString() : String(status);
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

test("requests go round the nodes by their weights", async (t) => {
  const [one, two] = [await named(t, "one"), await named(t, "two")];
  const { port } = await bridge(t, ["--to", one.address, "--to", `${two.address} weight=3`]);
  t.deepEqual(await askMany(port, 8), { one: 2, two: 6 });
});

test("a node that is gone costs no request, and the log says which", async (t) => {
  const [one, two] = [await named(t, "one"), await named(t, "two")];
  const { child, port } = await bridge(t, ["--to", one.address, "--to", two.address]);
  await one.close();
  t.deepEqual(await askMany(port, 10), { two: 10 });
  await child.printed("stderr", new RegExp(`node ${one.address} .*down`));
});

test("where no node can be asked the answer is a 503", async (t) => {
  const [one, two] = [await named(t, "one"), await named(t, "two")];
  const { port } = await bridge(t, ["--to", `${one.address} max_fails=1`, "--to", `${two.address} max_fails=1`]);
  await one.close();
  await two.close();
  const { status: first } = await send({ port });
  t.is(first, 502);
  const { status, headers } = await send({ port });
  t.is(status, 503);
  t.true(headers.has("retry-after"));
});

test("by a hash the same address always comes to the same node", async (t) => {
  const nodes = [await named(t, "one"), await named(t, "two"), await named(t, "three")];
  const to = nodes.flatMap(({ address }) => ["--to", address]);
  const { port } = await bridge(t, [...to, "--balance", "uri-hash"]);
  for (const path of ["/a", "/b", "/c"]) t.is(Object.keys(await askMany(port, 4, path)).length, 1);
});

test("a server that announces itself gets the requests for its name, until it stops", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "app.mjs"), 'export default (req, res) => res.end("announced");\n');
  const [udp, tcp] = [await freePort(), await freePort()];
  const { child, port } = await bridge(t, ["--subscription-server", `127.0.0.1:${udp}`]);
  t.regex(child.stderr, /for those that announce themselves to 127\.0\.0\.1:\d+/);
  const ask = async (): Promise<number> => {
    const { status } = await send({ port, headers: [["Host", "tea.example"]] });
    return status;
  };
  t.is(await ask(), 503);
  const announcing = ["--interface", "node", "--subscribe-to", `127.0.0.1:${udp}:tea.example`];
  const server = uisge(t, ["serve", join(folder, "app.mjs"), "-s", `127.0.0.1:${tcp}`, ...announcing]);
  await child.printed("stderr", /tea\.example.*127\.0\.0\.1:\d+/);
  t.is(await ask(), 200);
  server.process.kill("SIGTERM");
  t.is(await server.exit(), 0);
  t.is(await ask(), 503);
});

for (const [what, args, message] of [
  ["no node", [], /--to/],
  [
    "a balance that there is not",
    ["--to", "/tmp/a", "--balance", "best"],
    /--balance best: there are round-robin, .*, hash:VAR/,
  ],
  ["a node that cannot be read", ["--to", "/tmp/a wieght=3"], /wieght/],
  ["nodes that are given and announced", ["--to", "/tmp/a", "--subscription-server", "127.0.0.1:0"], /announce/],
  ["a check of signatures without announcements", ["--to", "/tmp/a", "--subscription-sign-check", "SHA1:/x"], /is for/],
  ["half a certificate", ["--to", "/tmp/a", "--upstream-cert", "/x"], /both, or none/],
] as const) {
  test(`bridge: ${what} ends with exit code 64 and says what is allowed`, async (t) => {
    const child = uisge(t, ["bridge", "--http", "127.0.0.1:0", ...args]);
    t.is(await child.exit(), 64);
    t.regex(child.stderr, message);
  });
}
