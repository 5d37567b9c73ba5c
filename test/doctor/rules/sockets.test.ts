import test from "ava";
import {
  type Entry,
  judgeSocket,
  judgeTempPath,
  type Reply,
  type SocketFacts,
  type User,
} from "../../../src/doctor/rules/sockets.ts";

const user: User = { name: "www-data", uid: 33, gids: [33, 50], group: "www-data" };
const socket: Entry = { path: "/run/app/s", kind: "socket", mode: 0o660, uid: 1000, gid: 33 };
const parents: readonly Entry[] = [
  { path: "/", kind: "folder", mode: 0o755, uid: 0, gid: 0 },
  { path: "/run/app", kind: "folder", mode: 0o755, uid: 1000, gid: 1000 },
];
const sound: SocketFacts = { text: "unix:/run/app/s", at: undefined, entry: socket, parents, reply: "uwsgi" };

/** Ids of what is found, and the commands that put it right. */
function judged(facts: Partial<SocketFacts>, who: User | undefined = user): unknown[] {
  const findings = judgeSocket({ ...sound, ...facts }, who);
  return findings.flatMap(({ id, fix }) => [id].concat(fix.map((one) => ("text" in one ? one.text : ""))));
}

test("nothing is wrong with a socket that nginx's group may write to, and that answers", (t) => {
  t.deepEqual(judged({}), []);
});

for (const [what, entry, expected] of [
  ["no file", { kind: "missing" }, ["socket-missing", "uisge serve APP --socket /run/app/s"]],
  ["a file", { kind: "other" }, ["socket-not-a-socket", "mv /run/app/s /run/app/s.old"]],
  ["a folder", { kind: "folder" }, ["socket-not-a-socket", "mv /run/app/s /run/app/s.old"]],
  ["a socket of another group", { gid: 1000 }, ["socket-owner", "chgrp www-data /run/app/s && chmod g+rw /run/app/s"]],
  ["a socket of the group without its write bit", { mode: 0o640 }, ["socket-mode", "chmod g+w /run/app/s"]],
  ["a socket of nginx's user without its write bit", { uid: 33, mode: 0o466 }, ["socket-mode", "chmod u+w /run/app/s"]],
  ["a socket of another of its groups", { gid: 50 }, []],
  ["a socket for all", { mode: 0o666 }, ["socket-open-to-all", "chgrp www-data /run/app/s && chmod 660 /run/app/s"]],
] as const) {
  test(`${what}: ${expected[0] ?? "nothing is found"}`, (t) => {
    t.deepEqual(judged({ entry: { ...socket, ...entry } }), expected);
  });
}

test("a folder that nginx may not pass is said alone, with what opens it", (t) => {
  const closed: Entry = { path: "/home/a b", kind: "folder", mode: 0o750, uid: 1000, gid: 1000 };
  t.deepEqual(judged({ parents: [...parents, closed], reply: "refused" }), ["socket-folder", "chmod o+x '/home/a b'"]);
});

test("a folder of nginx's group without the bit of the group stays closed, whatever others may", (t) => {
  const closed: Entry = { path: "/run/x", kind: "folder", mode: 0o705, uid: 1000, gid: 33 };
  t.deepEqual(judged({ parents: [closed] }), ["socket-folder", "chmod g+x /run/x"]);
});

test("root may do everything", (t) => {
  const root: User = { name: "root", uid: 0, gids: [0], group: "root" };
  t.deepEqual(judged({ entry: { ...socket, mode: 0o600 } }, root), []);
});

test("without a user nothing is said about what it may", (t) => {
  const facts = { ...sound, entry: { ...socket, mode: 0o600, gid: 0 } };
  t.deepEqual(judgeSocket(facts, undefined), []);
});

for (const [reply, id] of [
  ["refused", "socket-dead"],
  ["full", "socket-queue-full"],
  ["http", "socket-speaks-http"],
  ["other", "socket-speaks-otherwise"],
  ["silence", "socket-silent"],
  ["unknown-name", "address-unknown"],
  ["failed", "socket-unreachable"],
  ["uwsgi", undefined],
  ["tls", undefined],
  ["denied", undefined],
] as const satisfies readonly (readonly [Reply, string | undefined])[]) {
  test(`the reply ${reply}: ${id ?? "nothing is found"}`, (t) => {
    t.is(judged({ reply, entry: undefined, parents: [] })[0], id);
  });
}

test("a folder for temporary files must be writable", (t) => {
  const folder: Entry = { path: "/var/lib/nginx/uwsgi", kind: "folder", mode: 0o700, uid: 0, gid: 0 };
  t.deepEqual(
    judgeTempPath(folder, undefined, user).map(({ id }) => id),
    ["temp-path"],
  );
  t.deepEqual(judgeTempPath({ ...folder, uid: 33 }, undefined, user), []);
  t.deepEqual(judgeTempPath({ ...folder, kind: "missing" }, undefined, user), []);
});
