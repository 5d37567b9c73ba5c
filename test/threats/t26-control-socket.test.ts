/** T26: who commands a manager is its user, by words that it knows; all else has no effect. */
import { chmodSync, existsSync, lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "../helpers/child.ts";
import { controlled, tellRaw } from "../helpers/fake-manager.ts";
import { needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { noise } from "../helpers/noise.ts";
import { folderOf } from "../helpers/temp-folder.ts";

test("T26: the control socket is its owner's alone, and is gone at the end", async (t) => {
  const { server, path } = await controlled(t);
  const { mode, uid } = lstatSync(path);
  t.is(mode & 0o777, 0o600);
  t.is(uid, process.getuid?.() ?? uid);
  await server.close();
  t.false(existsSync(path));
});

needsOtherUser()("T26/T37: another user cannot command, not even where the folder lets everybody in", async (t) => {
  const folder = join(folderOf(t), "open");
  mkdirSync(folder);
  chmodSync(join(folder, ".."), 0o755);
  chmodSync(folder, 0o755);
  const { manager, path } = await controlled(t, { path: join(folder, "shop-1.sock") });
  const program = `require("net").connect(${JSON.stringify(path)}, () => console.log("in"))
    .on("error", ({ code }) => console.log(code)).end('{"command":"stop"}\\n')`;
  await using child = new Child(["-e", program], { uid: OTHER_UID, cwd: "/" });
  await child.exit();
  t.is(child.stdout, "EACCES\n");
  t.deepEqual(manager.told, []);
});

needsOtherUser()("T37: another user cannot look into the runtime folder", async (t) => {
  const folder = join(folderOf(t), "uisge");
  chmodSync(join(folder, ".."), 0o755);
  mkdirSync(folder, { mode: 0o700 });
  const program = `try { require("fs").readdirSync(${JSON.stringify(folder)}) } catch ({ code }) { console.log(code) }`;
  await using child = new Child(["-e", program], { uid: OTHER_UID, cwd: "/" });
  await child.exit();
  t.is(child.stdout, "EACCES\n");
});

for (const [what, bytes] of [
  ["noise", noise(2 ** 20)],
  ["NULs", Buffer.alloc(2 ** 20)],
  ["a line without an end", Buffer.alloc(2 ** 20, '{"command":"stop",')],
  ["empty lines", Buffer.alloc(2 ** 20, "\n")],
  ["the letters that are commands elsewhere", Buffer.alloc(2 ** 20, "qQrRcC\n")],
  ["deep brackets", Buffer.alloc(2 ** 20, "[")],
] as const) {
  test(`T26: a MiB of ${what} has no effect, and who asks next is answered`, async (t) => {
    const { manager, path } = await controlled(t);
    const answer = await tellRaw(path, bytes, true);
    t.regex(answer, /^(?:\{"error":\{"code":"UWSGI_BAD_CONTROL",.*\}\}\n)?$/);
    t.is(await tellRaw(path, '{"command":"reopen"}\n'), '{"done":true}\n');
    t.deepEqual(manager.told, ["reopen"]);
    t.is(manager.log.length, 1);
  });
}
