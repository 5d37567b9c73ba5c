import test from "ava";
import {
  userEnvironmentOf,
  privilegesOf,
  type UserDatabase,
  type UserOptions,
} from "../../../src/manager/outside/user-ids.ts";
import type { Privileges } from "../../../src/manager/channel/worker-setup.ts";

const users = ["app:x:1001:1001::/home/app:/bin/sh", "root:x:0:0::/root:/bin/sh"];
const groups = ["app:x:1001:", "www-data:x:33:other,app", "disk:x:6:root", "logs:x:1005:app"];

const database: UserDatabase = {
  find: (name, key) =>
    Promise.resolve(
      (name === "passwd" ? users : groups)
        .map((line) => line.split(":"))
        .find((fields) => fields[0] === key || fields[2] === key),
    ),
  groupsOf: (user) =>
    Promise.resolve(
      groups
        .map((line) => line.split(":"))
        .filter((fields) => fields[3]?.split(",").includes(user))
        .map((fields) => Number(fields[2])),
    ),
};

for (const [how, options, privileges] of [
  ["nothing stays nothing", {}, {}],
  ["a user brings its group", { uid: "app" }, { uid: 1001, gid: 1001 }],
  ["a user by number too", { uid: 1001 }, { uid: 1001, gid: 1001 }],
  ["a group of its own is heard", { uid: "app", gid: "www-data" }, { uid: 1001, gid: 33 }],
  ["a number that the system does not know is one", { uid: 5555, gid: 6666 }, { uid: 5555, gid: 6666 }],
  [
    "supplementary groups are looked up",
    { uid: "app", groups: ["logs", 7] },
    { uid: 1001, gid: 1001, groups: [1005, 7] },
  ],
  [
    "those of the user are all that name it, and its own",
    { uid: "app", groups: "user" },
    { uid: 1001, gid: 1001, groups: [1001, 33, 1005] },
  ],
  ["no groups are no groups", { uid: "app", groups: [] }, { uid: 1001, gid: 1001, groups: [] }],
  ["umask goes along", { umask: 0o27 }, { umask: 0o27 }],
] satisfies [string, UserOptions, Privileges][]) {
  test(`what workers become: ${how}`, async (t) => {
    t.deepEqual(await privilegesOf(options, database), privileges);
  });
}

for (const [how, options, message] of [
  ["a user that is not there", { uid: "nobody-here" }, 'uid "nobody-here": the system knows no such name'],
  ["a group that is not there", { gid: "none" }, 'gid "none": the system knows no such name'],
  ["a number without a group", { uid: 5555 }, "uid 5555: the system knows no such user, so gid is needed too"],
  ["a number too large", { gid: 2 ** 32 }, "gid 4294967296: a number from 0 to 4294967294 is needed"],
  ["groups of nobody", { groups: "user" }, 'groups "user" are those of uid, and there is no uid'],
  ["groups of an unknown user", { uid: 5555, gid: 1, groups: "user" }, 'groups "user": the system knows no user 5555'],
] satisfies [string, UserOptions, string][]) {
  test(`what workers cannot become: ${how}`, async (t) => {
    await t.throwsAsync(privilegesOf(options, database), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

for (const [how, uid, own, env] of [
  ["a user by name", "app", 0, { USER: "app", LOGNAME: "app", HOME: "/home/app" }],
  ["a user by number", 1001, 0, { USER: "app", LOGNAME: "app", HOME: "/home/app" }],
  ["the master's own user", "app", 1001, {}],
  ["a user that the system does not know", 5555, 0, {}],
  ["no user", undefined, 0, {}],
] as const) {
  test(`what programs of workers look up of their user: ${how}`, async (t) => {
    t.deepEqual(await userEnvironmentOf(uid === undefined ? {} : { uid }, database, own), env);
  });
}

test("the system's own root is found", async (t) => {
  t.like(await privilegesOf({ uid: "root" }), { uid: 0, gid: 0 });
});
