import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import {
  checkFolderOf,
  checkRuntimeFolder,
  controlPath,
  makeRuntimeFolder,
  parseControlFile,
  runtimeFolder,
} from "../../../src/manager/control/runtime-folder.ts";
import { needsLinux } from "../../helpers/needs.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const own = process.getuid?.() ?? 0;

needsLinux()("root's folder is in /run, whatever the environment says", (t) => {
  t.is(runtimeFolder({ XDG_RUNTIME_DIR: "/run/user/0" }, 0), "/run/uisge");
});

test("others have theirs where the system has one for them, and that is theirs", (t) => {
  const folder = folderOf(t);
  t.is(
    runtimeFolder({ XDG_RUNTIME_DIR: folder }, own === 0 ? 12_345 : own),
    own === 0 ? join(tmpdir(), "uisge-12345") : join(folder, "uisge"),
  );
  t.is(runtimeFolder({ XDG_RUNTIME_DIR: folder }, 12_345), join(tmpdir(), "uisge-12345"));
});

for (const [what, env] of [
  ["nothing is said", {}],
  ["what is said is not absolute", { XDG_RUNTIME_DIR: "run" }],
  ["what is said is not there", { XDG_RUNTIME_DIR: "/run/user/no-such" }],
] as const) {
  test(`others have it beside temporary files where ${what}, with their number`, (t) => {
    t.is(runtimeFolder(env, 12_345), join(tmpdir(), "uisge-12345"));
  });
}

test("the folder is made for its user alone, and is found again", (t) => {
  const folder = join(folderOf(t), "uisge");
  t.false(checkRuntimeFolder(folder));
  makeRuntimeFolder(folder);
  t.is(lstatSync(folder).mode & 0o777, 0o700);
  makeRuntimeFolder(folder);
  t.true(checkRuntimeFolder(folder));
});

test("a folder that cannot be made says why", (t) => {
  const folder = join(folderOf(t), "no", "uisge");
  t.throws(() => makeRuntimeFolder(folder), { code: "UWSGI_LISTEN_FAILED", message: /ENOENT/ });
});

for (const [what, make, why] of [
  [
    "a link to a folder of ours",
    (path: string) => {
      mkdirSync(`${path}-real`, { mode: 0o700 });
      symlinkSync(`${path}-real`, path);
    },
    /is not for control sockets: it is a symbolic link/,
  ],
  ["a file", (path: string) => writeFileSync(path, ""), /it is no folder/],
  [
    "a folder that others may enter",
    (path: string) => {
      mkdirSync(path);
      chmodSync(path, 0o711);
    },
    /it has mode 0711, and 0700 is needed/,
  ],
] as const) {
  test(`T37: ${what} is no runtime folder, neither for a manager nor for who looks for one`, (t) => {
    const path = join(folderOf(t), "uisge");
    make(path);
    t.throws(() => makeRuntimeFolder(path), { code: "UWSGI_LISTEN_FAILED", message: why });
    t.throws(() => checkRuntimeFolder(path), { code: "UWSGI_LISTEN_FAILED", message: why });
  });
}

test("a path that an operator has chosen may be where others read, or in a sticky folder", (t) => {
  const folder = folderOf(t);
  chmodSync(folder, 0o755);
  t.notThrows(() => checkFolderOf(join(folder, "a.sock")));
  chmodSync(folder, 0o1777);
  t.notThrows(() => checkFolderOf(join(folder, "a.sock")));
});

test("T37: a path that an operator has chosen may not be where others could replace it", (t) => {
  const folder = folderOf(t);
  chmodSync(folder, 0o775);
  t.throws(() => checkFolderOf(join(folder, "a.sock")), { message: /others may write to it: it has mode 0775/ });
  t.throws(() => checkFolderOf(join(folder, "no", "a.sock")), { code: "UWSGI_LISTEN_FAILED", message: /ENOENT/ });
});

for (const [name, file] of [
  ["shop", "shop-42.sock"],
  ["my shop/é", "my_shop__-42.sock"],
  ["..", "_-42.sock"],
  ["", "_-42.sock"],
  ["x".repeat(300), `${"x".repeat(40)}-42.sock`],
  ["a-b", "a-b-42.sock"],
] as const) {
  test(`the socket of ${JSON.stringify(name.slice(0, 20))} is ${file}, which says name and pid`, (t) => {
    t.is(controlPath("/run/uisge", name, 42), `/run/uisge/${file}`);
    t.deepEqual(parseControlFile(file), { name: file.slice(0, -"-42.sock".length), pid: 42 });
  });
}

test("in a folder with a long path the name is cut so that a socket fits", (t) => {
  const path = controlPath(`/${"f".repeat(80)}`, "a-long-name-of-a-service", 123_456);
  t.is(path.length, 103);
  t.regex(path, /\/a-lon.*-123456\.sock$/);
});

for (const file of ["shop.sock", "shop-0.sock", "shop-1", ".shop-1.sock", "-1.sock.x", "shop-x.sock"]) {
  test(`${file} is no control socket`, (t) => t.is(parseControlFile(file), undefined));
}
