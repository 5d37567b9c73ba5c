import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { once } from "node:events";
import { formatAddress } from "../../src/connection/index.ts";
import { pingPlugin } from "../../src/plugins/index.ts";
import { Child } from "../helpers/child.ts";
import { codeBlock } from "../helpers/code-block.ts";
import { needs } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { runProgram, runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { respond, startServer } from "../helpers/test-server.ts";

const page = "docs/tools.md";

/** Lines of a block of the page. */
const linesOf = (word: string): string[] => codeBlock(page, "sh", word).trim().split("\n");

needs("sh").serial("the page's curl, ping and decode lines run", async (t) => {
  await using server = await startServer(
    ({ environ }) => respond(`${environ["REQUEST_METHOD"]} ${environ["PATH_INFO"]}`),
    {
      plugins: [pingPlugin()],
    },
  );
  const folder = folderOf(t);
  const address = formatAddress(server.address);
  const [json = "", form = "", times = ""] = linesOf("uisge curl");
  const shown: string[] = [];
  for (const line of [
    json,
    form,
    times,
    ...linesOf("uisge ping"),
    ...linesOf("uisge decode request.bin").slice(1, 2),
    ...linesOf("--encode --hex"),
  ]) {
    const command = line
      .replaceAll("uisge ", `"$0" ${join(projectRoot, "dist/cli/main.js")} `)
      .replaceAll("/run/app.sock", address)
      .replaceAll("127.0.0.1:3031", address);
    const ran = await runProgram("sh", ["-c", command, process.execPath], { cwd: folder });
    t.is(ran.code, 0, `${line}: ${ran.stderr}`);
    shown.push(ran.stdout.toString());
  }
  t.regex(shown[0] ?? "", /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nPOST \/things$/);
  t.is(shown[1], "POST /login");
  t.regex(shown[2] ?? "", /^200 0\.\d{6}\n$/);
  t.regex(shown[3] ?? "", /: alive, /);
  t.is(shown[4], "");
  t.is(shown[5], 'packet modifier1=0 modifier2=0  # WSGI (Python) request, 6 bytes\n  A = "B"\n');
  t.regex(shown[6] ?? "", /^00[0-9a-f\n]+$/);
});

test("the page's text is what decode prints, and can be encoded", async (t) => {
  const text = codeBlock(page, "text", "CONTENT_LENGTH");
  const { stdout } = await runUisge(["decode", "--encode"], { input: text });
  t.is((await runUisge(["decode"], { input: stdout })).stdout.toString(), text);
});

test("the page's recorder records, its replay compares, and the first line is as shown", async (t) => {
  let greeting = "hello";
  await using server = await startServer(() => respond(greeting));
  const folder = folderOf(t);
  const address = formatAddress(server.address);
  const front = join(folder, "front.sock");
  const [record = "", replay = ""] = linesOf("uisge record").map((line) =>
    line
      .replace("/run/front.sock", front)
      .replace(/\/run\/(?:app|new)\.sock/, address)
      .replace("uisge ", "")
      .replaceAll("'", ""),
  );
  await using child = new Child([join(projectRoot, "dist/cli/main.js"), ...record.split(" ")], { cwd: folder });
  await child.printed("stderr", /recording from/);
  t.is((await runUisge(["curl", front, "/api/a"])).stdout.toString(), "hello");
  t.is((await runUisge(["curl", front, "/other", "-d", "x"])).code, 0);
  child.process.kill("SIGTERM");
  await once(child.process, "exit");
  t.regex(child.stderr, /stopped: 2 connections, 0 not connected, 2 recorded, 0 lost/);
  const [head = ""] = readFileSync(join(folder, "app.rec"), "utf8").split("\n");
  const shown = JSON.parse(codeBlock(page, "json", "recording")) as Record<string, unknown>;
  t.deepEqual(Object.keys(JSON.parse(head) as object), Object.keys(shown));
  t.false(existsSync(front));
  // The filter has a blank in it.
  const args = replay.replace(" GET /api/*", "").split(" ");
  const same = await runUisge([...args, "GET /api/*"], { cwd: folder });
  t.is(same.code, 0, same.stdout.toString());
  t.regex(
    same.stdout.toString(),
    /^1 sent in .*: 1 the same, 0 different, 0 not answered\nnot sent: 1 left out by --only\n$/,
  );
  greeting = "hullo";
  const other = await runUisge([...args, "GET /api/*"], { cwd: folder });
  t.is(other.code, 1);
  t.regex(
    other.stdout.toString(),
    /^#1 GET \/api\/a\n {2}body: differs from byte 1 on, 5 bytes were compared with 5\n/,
  );
  const json = await runUisge([...args, "GET /api/*", "--json"], { cwd: folder });
  const [first, last] = json.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.like(first, { n: 1, status: 200, differences: [{ in: "body", offset: 1 }] });
  t.like(last, { summary: { sent: 1, different: 1 } });
});

test("replay says which file is no recording, and is 65", async (t) => {
  for (const [file, why] of [
    ["/no/such", /^uisge: \/no\/such: ENOENT/],
    ["package.json", /^uisge: package\.json: line 1 is not JSON/],
  ] as const) {
    const ran = await runUisge(["replay", file, "--to", "/a"]);
    t.is(ran.code, 65, file);
    t.regex(ran.stderr, why);
  }
});

test("record and replay read their command lines strictly", async (t) => {
  for (const args of [
    ["record"],
    ["record", "-s", "/a", "--to", "/b"],
    ["replay"],
    ["replay", "x"],
    ["replay", "x", "--to", "/a", "--only", "a b"],
    ["replay", "x", "--to", "/a", "--rate", "1", "--speed", "1"],
  ]) {
    t.is((await runUisge(args)).code, 64, args.join(" "));
  }
});
