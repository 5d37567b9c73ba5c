/** The units of `deploy/systemd`: what systemd itself says of them, and that they agree with each other and with uisge. */
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { optionTables } from "../../src/config/index.ts";
import { UwsgiError } from "../../src/errors.ts";
import { EXIT_MS } from "../../src/manager/plan/judge.ts";
import { exitCodeOf } from "../../src/process/index.ts";
import { DEFAULT_GRACE_MS } from "../../src/server/index.ts";
import { deployPath, only, readDeploy, readUnit, uisgeIn } from "../helpers/deploy-files.ts";
import { needs } from "../helpers/needs.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const analyzeTest = needs("systemd-analyze");

const service = readUnit("systemd/uisge@.service");
const socket = readUnit("systemd/uisge@.socket");
const emperor = readUnit("systemd/uisge-emperor.service");

/** All units in a folder, with a `uisge` that is there; their paths. */
function rendered(folder: string, change: (text: string) => string = (text) => text): string[] {
  const uisge = uisgeIn(folder);
  const names = readdirSync(deployPath("systemd")).filter((name) => /\.(?:service|socket)$/.test(name));
  return names.map((name) => {
    const path = join(folder, name);
    writeFileSync(path, change(readDeploy(`systemd/${name}`)).replace(/^(Exec\w+=)uisge /gm, `$1${uisge} `));
    return path;
  });
}

analyzeTest("systemd-analyze verify finds nothing to say about the units", async (t) => {
  const { code, stdout, stderr } = await runProgram("systemd-analyze", [
    "verify",
    "--man=no",
    ...rendered(folderOf(t)),
  ]);
  t.deepEqual({ code, stdout: stdout.toString(), stderr }, { code: 0, stdout: "", stderr: "" });
});

analyzeTest("systemd-analyze verify would say that a key is not known", async (t) => {
  const paths = rendered(folderOf(t), (text) => text.replace("[Service]\n", "[Service]\nProtectSytem=strict\n"));
  const { stderr } = await runProgram("systemd-analyze", ["verify", "--man=no", ...paths]);
  t.is(stderr.match(/ProtectSytem/g)?.length, 2);
});

for (const [unit, most] of [
  ["uisge@.service", 20],
  ["uisge-emperor.service", 35],
] as const) {
  analyzeTest(`systemd-analyze security: ${unit} is exposed by no more than ${most / 10} of 10`, async (t) => {
    const path = rendered(folderOf(t)).find((one) => one.endsWith(`/${unit}`)) ?? "";
    const args = ["security", "--offline=true", "--no-pager", `--threshold=${most}`, path];
    const { code, stdout, stderr } = await runProgram("systemd-analyze", args);
    t.is(code, 0, `${stdout.toString()}${stderr}`);
    t.regex(stdout.toString(), /Overall exposure level/);
  });
}

test("the service listens at what its socket unit has, and its command line overrides the file", (t) => {
  const words = only(service, "Service.ExecStart").split(" ");
  t.is(words[words.indexOf("--socket") + 1], only(socket, "Socket.ListenStream"));
  t.is(only(service, "Unit.Requires"), "uisge@%i.socket");
  t.is(only(service, "Install.Also"), "uisge@%i.socket");
});

test("the service commands itself by the control socket that it makes, in a folder of its own", (t) => {
  const start = only(service, "Service.ExecStart").split(" ");
  const control = start[start.indexOf("--control") + 1] ?? "";
  t.is(only(service, "Service.ExecReload").split(" ").at(-1), control);
  t.is(dirname(control), `/run/${only(service, "Service.RuntimeDirectory")}`);
  t.is(only(service, "Service.RuntimeDirectoryMode"), "0700");
});

test("the service is a master whatever its file says, for only masters tell systemd that they are ready", (t) => {
  t.is(only(service, "Service.Type"), "notify");
  // The tool that tells is not the main process.
  t.is(only(service, "Service.NotifyAccess"), "all");
  const flags = only(service, "Service.ExecStart")
    .split(" ")
    .filter((word) => word.startsWith("--"));
  const makers = optionTables.serve.filter(({ makesMaster }) => makesMaster === true);
  const names = new Set(makers.map(({ name }) => `--${name}`));
  t.true(flags.some((flag) => names.has(flag)));
});

test("all options of the units are options of the commands", (t) => {
  const known = new Set([...optionTables.serve.map(({ name }) => `--${name}`), "--config"]);
  const flags = only(service, "Service.ExecStart")
    .split(" ")
    .filter((word) => word.startsWith("--"));
  t.deepEqual(flags, ["--config", "--socket", "--name", "--control"]);
  t.deepEqual(
    flags.filter((flag) => !known.has(flag)),
    [],
  );
});

for (const [name, unit] of [
  ["uisge@.service", service],
  ["uisge-emperor.service", emperor],
] as const) {
  test(`${name} has time for workers and attached programs, one grace after the other`, (t) => {
    const seconds = Number(only(unit, "Service.TimeoutStopSec"));
    t.true(seconds * 1_000 > 2 * (DEFAULT_GRACE_MS + EXIT_MS));
    t.is(only(unit, "Service.KillMode"), "mixed");
  });

  test(`${name} is not started again where the next start would end the same way`, (t) => {
    const never = new Set(only(unit, "Service.RestartPreventExitStatus").split(" ").map(Number));
    for (const code of [
      "UWSGI_INVALID_ARGUMENT",
      "UWSGI_BAD_CONFIGURATION",
      "UWSGI_NO_CONFIGURATION",
      "UWSGI_APP_NOT_FOUND",
      "UWSGI_PRIVILEGES",
      "UWSGI_INVALID_ADDRESS",
    ] as const) {
      t.true(never.has(exitCodeOf(new UwsgiError("?", { code }))), code);
    }
    for (const code of ["UWSGI_ADDRESS_IN_USE", "UWSGI_APP_LOAD_FAILED", "UWSGI_LISTEN_FAILED"] as const) {
      t.false(never.has(exitCodeOf(new UwsgiError("?", { code }))), code);
    }
  });

  test(`${name} lets V8 make code, and survives a worker that is out of memory`, (t) => {
    t.is(only(unit, "Service.MemoryDenyWriteExecute"), "no");
    t.is(only(unit, "Service.OOMPolicy"), "continue");
    t.is(only(unit, "Service.NoNewPrivileges"), "yes");
  });
}

test("users and folders are the same in units, sysusers, tmpfiles and logrotate", (t) => {
  const users = [...readDeploy("sysusers.d/uisge.conf").matchAll(/^u (\S+)/gm)].map(([, user]) => user);
  const folders = new Map(
    [...readDeploy("tmpfiles.d/uisge.conf").matchAll(/^d (\S+) (\d+) (\S+) (\S+)/gm)].map(
      ([, path = "", mode, user, group]) => [path, { mode, user, group }] as const,
    ),
  );
  t.deepEqual(users, [only(service, "Service.User")]);
  t.is(only(service, "Service.Group"), only(service, "Service.User"));
  t.is(only(socket, "Socket.SocketUser"), only(service, "Service.User"));
  const sockets = folders.get(dirname(only(socket, "Socket.ListenStream")));
  t.deepEqual(sockets, { mode: "2755", user: "root", group: only(socket, "Socket.SocketGroup") });
  const logs = `/var/log/${only(service, "Service.LogsDirectory")}`;
  const mode = only(service, "Service.LogsDirectoryMode");
  // As the unit makes it: else each would undo what the other has done.
  t.deepEqual(folders.get(logs), { mode, user: "uisge", group: "uisge" });
  t.true(folders.has(`/var/log/${only(emperor, "Service.LogsDirectory")}`));
  t.true(folders.has(only(emperor, "Service.ExecStart").split(" ").at(-1) ?? ""));
  const rotated = [...readDeploy("logrotate.d/uisge").matchAll(/^(\/\S+)\/\*\.log \{$/gm)].map(([, path]) => path);
  t.deepEqual(rotated, [logs, `/var/log/${only(emperor, "Service.LogsDirectory")}`]);
});

test("the examples write their logs where logrotate looks", (t) => {
  const files = [...readDeploy("systemd/shop.ini").matchAll(/^(?:access-)?logto = (.+)$/gm)].map(([, path]) => path);
  t.deepEqual(files, ["/var/log/uisge/shop.log", "/var/log/uisge/shop-access.log"]);
  const vassal = JSON.parse(readDeploy("systemd/wiki.json")) as Record<string, unknown>;
  t.like(vassal, {
    logto: "/var/log/uisge-vassals/wiki.log",
    "access-logto": "/var/log/uisge-vassals/wiki-access.log",
  });
  t.is(vassal["socket"], only(socket, "Socket.ListenStream").replace("%i", "wiki"));
});
