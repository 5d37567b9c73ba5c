import { readFileSync } from "node:fs";
import test from "ava";
import { readCronTimes } from "../../../src/manager/attached/crontab.ts";
import { Job } from "../../../src/manager/attached/job.ts";
import { RunningCommand } from "../../../src/manager/attached/running-command.ts";
import { Warden } from "../../../src/manager/attached/warden.ts";
import { configOf } from "../../../src/cli/options/config-of.ts";
import { managerOptionsOf } from "../../../src/cli/serve/manager-options.ts";
import { Managed } from "../../helpers/managed.ts";

/** A job of which the test is the clock. */
function jobOf(command: string) {
  const told: string[] = [];
  const warden = new Warden(1_000);
  const runs: RunningCommand[] = [];
  let due: () => void = () => {};
  let follows = true;
  const job = new Job({
    name: "a job",
    start: () => {
      const run = new RunningCommand({ file: "/bin/sh", args: ["-c", command], env: process.env }, warden, 1_000);
      runs.push(run);
      return run;
    },
    tell: (level, text) => told.push(`${level}: ${text.replace(/pid \d+/, "pid N")}`),
    follow: (tell) => {
      due = tell;
      return () => {
        follows = false;
      };
    },
  });
  return { job, told, runs, due: () => due(), isFollowing: () => follows };
}

test("a job is not run again while it runs, and is run the next time", async (t) => {
  const { job, told, runs, due } = jobOf("sleep 1000");
  due();
  due();
  runs[0]?.stop(1_000);
  await runs[0]?.ended;
  await new Promise(setImmediate);
  due();
  await job.stop(1_000);
  t.deepEqual(told, [
    "info: a job is started, pid N",
    "warn: a job is left out this time: it still runs, pid N",
    "error: a job has ended: killed by SIGTERM",
    "info: a job is started, pid N",
    "error: a job has ended: killed by SIGTERM",
  ]);
});

test("a job that is stopped comes no more", async (t) => {
  const { job, runs, isFollowing } = jobOf("exit 0");
  await job.stop(1_000);
  t.false(isFollowing());
  t.is(runs.length, 0);
});

test("times of a crontab are read, others refused with what is needed", async (t) => {
  t.is((await readCronTimes(["*/5 * * * *", "0 3 * * MON-FRI", "@daily"])).length, 3);
  const wrong = { code: "UWSGI_INVALID_ARGUMENT" };
  await t.throwsAsync(readCronTimes(["61 * * * *"]), { ...wrong, message: /cron "61 .*minute, hour.*61/ });
  await t.throwsAsync(readCronTimes(["* * * * * *"]), { ...wrong, message: /6 parts/ });
  await t.throwsAsync(readCronTimes(["0 0 31 2 *"]), { ...wrong, message: /no such time/ });
});

test("what follows a crontab may stop, and holds nothing then", async (t) => {
  const [daily] = await readCronTimes(["@daily"]);
  daily?.follow(() => t.fail())();
  t.pass();
});

const optionsOf = (flags: Parameters<typeof configOf>[0]): ReturnType<typeof managerOptionsOf> =>
  managerOptionsOf(configOf(flags, "serve"), "app.js");

test("--cron and --timer are a time and a command", (t) => {
  const { crons, timers } = optionsOf({
    cron: ["0 3 * * 1-5 node clean.js  --all", "@daily ls"],
    timer: ["0.5 node poll.js"],
  });
  t.deepEqual(crons, [
    { when: "0 3 * * 1-5", command: "node clean.js  --all" },
    { when: "@daily", command: "ls" },
  ]);
  t.deepEqual(timers, [{ everyMs: 500, command: "node poll.js" }]);
  for (const cron of ["0 3 * * *", "@daily", ""]) {
    t.throws(() => optionsOf({ cron: [cron] }), { message: /WEEKDAY COMMAND/ });
  }
  for (const timer of ["60", "0 ls", "x ls", "9999999 ls", "-1 ls"]) {
    t.throws(() => optionsOf({ timer: [timer] }), { message: /SECONDS COMMAND/ });
  }
});

test.serial("timers are run by the master, again and again, and killed at the end", async (t) => {
  const timers = [
    { everyMs: 50, command: "echo again" },
    { everyMs: 50, command: "echo $$ > held; exec sleep 1000" },
  ];
  await using managed = await Managed.start({ processes: 1, timers });
  await managed.child.printed("stdout", /again\nagain\n/);
  await managed.logged(/timer 2 \(echo\) is left out this time: it still runs/);
  const pid = Number(readFileSync(managed.folder.file("held"), "utf8"));
  managed.signal("SIGTERM");
  t.is(await managed.child.exit(), 0);
  t.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

test.serial("a time that cannot be ends the start with exit code 64", async (t) => {
  await using managed = Managed.begin({ crons: [{ when: "61 * * * *", command: "ls" }] });
  t.is(await managed.child.exit(), 64);
});
