/** `deploy/logrotate.d/uisge`, obeyed by logrotate itself, while two managers write the logs that it moves. */
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { ExecutionContext } from "ava";
import { Child, LONG_MS } from "../helpers/child.ts";
import { only, readDeploy, readUnit, translate, uisgeIn } from "../helpers/deploy-files.ts";
import { findProgram } from "../helpers/find-program.ts";
import { until } from "../helpers/measure.ts";
import { needs, needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

// As in real life: root's logrotate, in a folder of another user.
const rotateTest = findProgram("logrotate") === undefined ? needs("logrotate") : needsOtherUser();

const APPLICATION = `export const application = (environ, start) => (start("200 OK", []), "");\n`;

/** The folders of the units, below `root`; root's own as they are there. */
function foldersOf(t: ExecutionContext) {
  const root = folderOf(t);
  const [logs, vassals, control, sockets, rootControl] = ["logs", "vassals", "control", "sockets", "run"].map(
    (name) => {
      const path = join(root, name);
      mkdirSync(path);
      return path;
    },
  ) as [string, string, string, string, string];
  for (const path of [root, logs, control, sockets]) chownSync(path, OTHER_UID, OTHER_UID);
  return { root, logs, vassals, control, sockets, rootControl };
}

type Folders = ReturnType<typeof foldersOf>;

/** Starts what the unit starts, as its user; resolves when it serves. */
async function startUnit(t: ExecutionContext, name: string, { root, logs, control, sockets }: Folders) {
  const app = join(root, `${name}.mjs`);
  writeFileSync(app, APPLICATION);
  mkdirSync(join(control, name), { mode: 0o700 });
  chownSync(join(control, name), OTHER_UID, OTHER_UID);
  const words = only(readUnit("systemd/uisge@.service"), "Service.ExecStart")
    .replaceAll("%i", name)
    .split(" ")
    .slice(1);
  const ini = readDeploy("systemd/shop.ini").replaceAll("shop", name);
  writeFileSync(join(root, `${name}.ini`), translate(ini, { "/var/log/uisge": logs, [`/srv/${name}/app.js`]: app }));
  const line = translate(words.join("\n"), {
    "/etc/uisge": root,
    "/run/uisge-control": control,
    "/run/uisge-sockets": sockets,
  });
  const child = new Child(line.split("\n"), { program: join(root, "uisge"), cwd: root, uid: OTHER_UID });
  t.teardown(() => child[Symbol.asyncDispose]());
  // To its own log, which the master opens before all else.
  const log = join(logs, `${name}.log`);
  while (!/worker 2 .* serves/.test(contentOf(log))) {
    if (child.process.exitCode !== null) throw new Error(child.stderr);
    await delay(20);
  }
  return { path: join(sockets, `${name}.sock`), child };
}

function contentOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** All requests of an access log and of what it was before, by the numbers in their queries. */
function numbersIn(folder: string, name: string): number[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${name}-access.log`))
    .flatMap((file) =>
      [...contentOf(join(folder, file)).matchAll(/"GET \/\?(\d+) /g)].map(([, number]) => Number(number)),
    );
}

rotateTest(
  "two managers go on in new files, nothing is lost under load, and old files are compressed the next time",
  async (t) => {
    const folders = foldersOf(t);
    const { root, logs, vassals, control, rootControl } = folders;
    const configuration = join(root, "logrotate.conf");
    const text = translate(readDeploy("logrotate.d/uisge"), {
      "/var/log/uisge-vassals": vassals,
      "/var/log/uisge": logs,
      "/run/uisge-control": control,
      "/run/uisge/": `${rootControl}/`,
      "su uisge uisge": `su #${OTHER_UID} #${OTHER_UID}`,
      "create 0640 uisge uisge": `create 0640 #${OTHER_UID} #${OTHER_UID}`,
      "uisge reopen": `${join(root, "uisge")} reopen`,
    });
    writeFileSync(configuration, text.replace(/#(\d+)/g, nameOf), { mode: 0o644 });
    const names = ["shop", "blog"];
    uisgeIn(root);
    const services = await Promise.all(names.map((name) => startUnit(t, name, folders)));

    let isOver = false;
    const sent = await Promise.all([
      ...services.map(async ({ path }) => {
        let count = 0;
        for (; !isOver; count++) {
          t.is((await ask({ kind: "unix", path }, get({ REQUEST_URI: `/?${count}` }))).status, 200);
          // Load, and still some processor for who rotates.
          await delay(2);
        }
        return count;
      }),
      (async () => {
        for (const round of [1, 2]) {
          // Names of old files have seconds in them.
          const second = Math.floor(performance.timeOrigin / 1_000 + performance.now() / 1_000);
          while (Math.floor(performance.timeOrigin / 1_000 + performance.now() / 1_000) === second) await delay(20);
          const { code, stderr } = await runProgram("logrotate", ["-f", "-s", join(root, "state"), configuration]);
          t.is(code, 0, `round ${round}: ${stderr}`);
          const isNew = (name: string): boolean => contentOf(join(logs, `${name}-access.log`)) !== "";
          await until(() => names.every(isNew), LONG_MS, "lines in the new files");
        }
        isOver = true;
        return 0;
      })(),
    ]);

    for (const [index, name] of names.entries()) {
      const all = Array.from({ length: sent[index] ?? 0 }, (_, number) => number);
      // A line may come a moment behind its answer.
      await until(() => numbersIn(logs, name).length >= all.length, LONG_MS, "a line for each request");
      t.deepEqual(
        numbersIn(logs, name).sort((a, b) => a - b),
        all,
        name,
      );
      const kinds = readdirSync(logs).filter((file) => file.startsWith(`${name}-access.log`));
      t.is(kinds.length, 3, kinds.join());
      t.is(kinds.filter((file) => file.endsWith(".gz")).length, 1);
      const { mode, uid, gid } = statSync(join(logs, `${name}-access.log`));
      t.deepEqual([(mode & 0o777).toString(8), uid, gid], ["640", OTHER_UID, OTHER_UID]);
    }
  },
);

/** Of a user by its number, as logrotate wants it; the group of `nobody` is called otherwise than the user. */
function nameOf(_: string, id: string, at: number, text: string): string {
  const isGroup = /#\d+ $/.test(text.slice(0, at));
  const lines = readFileSync(isGroup ? "/etc/group" : "/etc/passwd", "utf8").split("\n");
  const found = lines.map((line) => line.split(":")).find((fields) => fields[2] === id)?.[0];
  if (found === undefined) throw new Error(`nobody has the id ${id}`);
  return found;
}
