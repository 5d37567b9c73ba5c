import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { encodePacket } from "../../src/codec/index.ts";
import { needs } from "../helpers/needs.ts";
import { runProgram, runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const post = Buffer.concat([
  encodePacket({ vars: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "5", HTTP_COOKIE: "a" } }),
  Buffer.from("hello"),
]);

test("decode reads a file, or standard input, and is 0 when all is sound", async (t) => {
  const file = join(folderOf(t), "post");
  writeFileSync(file, post);
  const [fromFile, fromInput] = await Promise.all([
    runUisge(["decode", file]),
    runUisge(["decode"], { input: post.toString("hex") }),
  ]);
  t.regex(fromFile.stdout.toString(), /^packet modifier1=0 .*\n {2}REQUEST_METHOD = "POST"\n/);
  t.deepEqual(fromFile, fromInput);
  t.is(fromFile.code, 0);
});

test("text and JSON are encoded again, as bytes, hex or base64", async (t) => {
  for (const form of [[], ["--json"]]) {
    const { stdout } = await runUisge(["decode", ...form], { input: post });
    t.true((await runUisge(["decode", "--encode"], { input: stdout })).stdout.equals(post));
    t.is(
      (await runUisge(["decode", "--encode", "--hex"], { input: stdout })).stdout.toString().replaceAll("\n", ""),
      post.toString("hex"),
    );
    t.is(
      (await runUisge(["decode", "--encode", "--base64"], { input: stdout })).stdout.toString(),
      `${post.toString("base64")}\n`,
    );
  }
});

test("what is broken, missing or unreadable is 65, and is said", async (t) => {
  for (const [input, message] of [
    [post.subarray(0, -2), /2 bytes are missing of a body/],
    [post.subarray(0, 9), /broken at byte 9: .*\(UWSGI_TRUNCATED_PACKET\)/],
    [Buffer.from("\0\x05\0\0\0\0A\0\0", "latin1"), /\(UWSGI_EMPTY_KEY\)/],
  ] as const) {
    const ran = await runUisge(["decode", "--raw"], { input });
    t.is(ran.code, 65);
    t.regex(ran.stderr, message);
  }
  const unreadable = await runUisge(["decode", "--hex"], { input: "xyz" });
  t.is(unreadable.code, 65);
  t.is((await runUisge(["decode", "--encode"], { input: "vars first" })).code, 65);
});

test("a recording is told from a packet, and what reads it is named", async (t) => {
  const ran = await runUisge(["decode"], { input: '{"uisge":"recording","version":1}\n' });
  t.is(ran.code, 65);
  t.regex(ran.stderr, /^uisge: -: a recording of uisge record, .*uisge replay/);
});

test("secrets are hidden and bodies cut when that is asked for; what is cut cannot be encoded", async (t) => {
  const ran = await runUisge(["decode", "--redact", "--max-body", "2"], { input: post });
  t.regex(ran.stdout.toString(), /HTTP_COOKIE = "\*"\n.*\n {2}"he"\n {2}cut 3\n$/);
  t.is((await runUisge(["decode", "--encode"], { input: ran.stdout })).code, 65);
  const json = await runUisge(["decode", "--json", "--max-body", "2"], { input: post });
  t.is((await runUisge(["decode", "--encode"], { input: json.stdout })).code, 65);
});

test("a file that is not there is 65, as the help says", async (t) => {
  const ran = await runUisge(["decode", "/no/such/file"]);
  t.is(ran.code, 65);
  t.regex(ran.stderr, /^uisge: \/no\/such\/file: ENOENT/);
});

test("the command line is read strictly", async (t) => {
  for (const args of [["a", "b"], ["--hex", "--raw"], ["--port", "0"], ["--direction", "up"], ["--none"]]) {
    t.is((await runUisge(["decode", ...args])).code, 64, args.join(" "));
  }
});

needs("sh")("a reader that goes away is no failure", async (t) => {
  const script = `{ "$0" dist/cli/main.js decode --raw; echo "$?" >&2; } | head -c 3`;
  const input = Buffer.alloc(400_000, encodePacket({ modifier1: 100 }));
  const ran = await runProgram("sh", ["-c", script, process.execPath], { input });
  t.is(ran.stdout.toString(), "pac");
  t.is(ran.stderr, "0\n");
});

for (const command of ["curl", "ping", "decode", "record", "replay"]) {
  test(`${command} --help fits a screen`, async (t) => {
    const { stdout, code } = await runUisge([command, "--help"]);
    t.is(code, 0);
    const lines = stdout.toString().split("\n");
    t.true(
      lines.length <= 31 && lines.every((line) => line.length <= 80),
      lines.filter((line) => line.length > 80).join("\n"),
    );
    t.true(lines.some((line) => line.includes("Example")));
  });
}
