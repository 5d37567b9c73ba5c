/** What workers print, read by their master. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import test from "ava";
import { endProcess, gone, Managed, type ManagedOptions } from "../helpers/managed.ts";

/** Does what the path says with the text of the query. */
const PRINTING = `import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
const paths = {
  "/out": (text) => console.log(text),
  "/err": (text) => console.error(text),
  "/many": (count) => { for (let i = 1; i <= Number(count); i++) console.log("line " + i); process.exit(3); },
  "/raw": (text) => process.stdout.write(text),
  "/kill": (text) => { process.stdout.write(text); process.kill(process.pid, "SIGKILL"); },
  "/throw": (text) => { setTimeout(() => { throw new Error(text); }); },
  "/native": () => { writeSync(2, "words of its own"); process.abort(); },
  "/program": (script) => { spawn("/bin/sh", ["-c", script], { stdio: "inherit", detached: true }).unref(); },
};
export default {
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    await paths[pathname]?.(decodeURIComponent(search.slice(1)));
    return new Response(process.pid + " one");
  },
};
`;

function start(options: ManagedOptions = {}): Promise<Managed> {
  const log = { access: "off", errors: "json", capture: "lines", ...options.log } as const;
  return Managed.start({ source: PRINTING, processes: 1, ...options, log });
}

const asked = (path: string, text = ""): string => `${path}?${encodeURIComponent(text)}`;

type Line = Record<string, string | number>;

/** The lines of the master's log so far that are of such an event. */
function linesOf(managed: Managed, event: string): Line[] {
  const lines = managed.child.stderr.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line).filter((line) => line["event"] === event);
}

test.serial("lines of two workers say which of them has printed them, and where", async (t) => {
  await using managed = await start({ processes: 2 });
  const seen = new Set<number>();
  while (seen.size < 2) seen.add((await managed.ask(asked("/out", "é \x1b[31mred\x1b[0m\nanother"))).pid);
  const { pid } = await managed.ask(asked("/err", "bad"));
  await managed.logged(/worker:stderr/);
  const { workers } = await managed.status();
  const own = ({ time: _time, ...line }: Line): Line => line;
  for (const worker of workers) {
    const about = { level: "info", event: "worker:stdout", worker: worker.id, pid: worker.pid, generation: 1 };
    const lines = linesOf(managed, "worker:stdout").filter((line) => line["pid"] === worker.pid);
    t.deepEqual(lines.slice(0, 2).map(own), [
      { ...about, message: "é red" },
      { ...about, message: "another" },
    ]);
  }
  t.like(linesOf(managed, "worker:stderr")[0], { level: "warn", pid, message: "bad" });
});

test.serial("in text the worker stands before the line", async (t) => {
  await using managed = await start({ log: { access: "off", errors: "text", capture: "lines" } });
  await managed.ask(asked("/out", "hello"));
  await managed.ask(asked("/err", "bad"));
  await managed.logged(/^\d{4}-\S+Z info \[worker 1\] hello$/m);
  await managed.logged(/^\d{4}-\S+Z warn \[worker 1\] bad$/m);
  t.pass();
});

test.serial("without it all that is printed goes where the master's goes, as it is", async (t) => {
  await using managed = await start({ log: { access: "off", errors: "json", capture: "off" } });
  await managed.ask(asked("/out", "hello"));
  await managed.child.printed("stdout", /^hello$/m);
  t.false(managed.child.stderr.includes("hello"));
});

for (const format of ["combined", "json"] as const) {
  test.serial(`the worker's own lines are none that it has printed (${format})`, async (t) => {
    await using managed = await start({ log: { access: format, errors: "json", capture: "lines" } });
    await managed.ask("/first");
    await managed.ask(asked("/throw", "planted"));
    await managed.child.printed("stdout", /\/throw.*\n/);
    await managed.logged(/worker:uncaught.*\n/);
    const line = managed.child.stdout.split("\n").find((text) => text.includes("/first"));
    t.regex(line ?? "", format === "json" ? /^\{"time":.*\}$/ : /^\S+ - - \[.*"$/);
    t.like(linesOf(managed, "worker:uncaught")[0], { level: "error" });
    t.deepEqual([...linesOf(managed, "worker:stdout"), ...linesOf(managed, "worker:stderr")], []);
  });
}

test.serial("with files each line is in the file of its log, which can be opened anew", async (t) => {
  const log = { access: "combined", errors: "json", accessFile: "access.log", errorFile: "error.log" } as const;
  await using managed = await start({ log: { ...log, capture: "lines" } });
  const read = (name: string): string => readFileSync(managed.folder.file(name), "utf8");
  await managed.ask(asked("/out", "first"));
  while (!read("error.log").includes('"first"')) await setImmediate();
  while (!/GET \/out/.test(read("access.log"))) await setImmediate();
  const { renameSync } = await import("node:fs");
  renameSync(managed.folder.file("error.log"), managed.folder.file("error.old"));
  managed.signal("SIGUSR1");
  while (!existsSync(managed.folder.file("error.log"))) await setImmediate();
  await managed.ask(asked("/out", "second"));
  while (!read("error.log").includes('"second"')) await setImmediate();
  t.false(read("error.old").includes('"second"'));
  t.is(managed.child.stderr, "");
});

test.serial(
  "last words are not lost: all lines before process.exit, a line without an end, and they come first",
  async (t) => {
    await using managed = await start({ log: { access: "off", errors: "json", capture: "lines", captureRate: 4_000 } });
    await t.throwsAsync(managed.ask(asked("/many", "20000")));
    await managed.logged(/has ended: exit 3.*\n/);
    const lines = linesOf(managed, "worker:stdout");
    t.deepEqual(
      lines.map(({ message }) => message),
      Array.from({ length: 20_000 }, (_, i) => `line ${i + 1}`),
    );
    await managed.allReady();
    await t.throwsAsync(managed.ask(asked("/kill", "cut in the mid")));
    await managed.logged(/cut in the mid.*\n[^]*has ended: killed by SIGKILL/);
  },
);

test.serial("what native code says at an abort is in the log", async (t) => {
  await using managed = await start();
  await t.throwsAsync(managed.ask("/native"));
  await managed.logged(/has ended: aborted.*\n/);
  // Node's own words follow in the same line.
  t.regex(String(linesOf(managed, "worker:stderr")[0]?.["message"]), /^words of its own/);
});

test.serial("what attached programs print is read as well, to their last word", async (t) => {
  await using managed = await start({
    attachDaemons: ["echo $$; echo bad >&2; trap 'printf bye; exit' TERM; kill $$"],
  });
  await managed.logged(/bye/);
  const [line] = linesOf(managed, "program:stdout");
  t.like(line, { level: "info", program: "attached program 1 (echo)", message: String(line?.["pid"]) });
  t.like(linesOf(managed, "program:stderr")[0], { level: "warn" });
});

test.serial("an application that cannot be loaded has said why", async (t) => {
  const log = { access: "off", errors: "json", capture: "lines" } as const;
  await using managed = Managed.begin({
    source: `console.error("no config"); throw new Error("planted");`,
    processes: 1,
    log,
  });
  t.is(await managed.child.exit(), 70);
  t.is(linesOf(managed, "worker:stderr")[0]?.["message"], "no config");
});

test.serial("who prints too much is told of, and the last lines are there at its end", async (t) => {
  await using managed = await start({ log: { access: "off", errors: "json", capture: "lines", captureRate: 10 } });
  await t.throwsAsync(managed.ask(asked("/many", "5000")));
  await managed.logged(/has ended: exit 3.*\n/);
  const lines = linesOf(managed, "worker:stdout");
  t.is(lines.at(-1)?.["message"], "line 5000");
  const leftOut = linesOf(managed, "worker:flood").reduce((sum, line) => sum + Number(line["lines"]), 0);
  t.true(leftOut > 4_000 && leftOut + lines.length >= 5_000, `${leftOut} left out, ${lines.length} told`);
});

test.serial("what a worker has left behind prints on, and holds up neither its end nor the service's", async (t) => {
  await using managed = await start();
  const script = `echo begin $$; while [ ! -e released ]; do sleep 0.05; done; echo later; sleep 100`;
  const { pid } = await managed.ask(asked("/program", script));
  const [, program] = await managed.logged(/begin (\d+)"/);
  try {
    process.kill(pid, "SIGKILL");
    await managed.logged(/has ended: killed by SIGKILL/);
    await managed.allReady();
    managed.release();
    await managed.logged(new RegExp(`"pid":${pid},.*"generation":1,"message":"later"`));
    managed.signal("SIGTERM");
    t.is(await managed.child.exit(), 0);
  } finally {
    process.kill(-Number(program), "SIGKILL");
    await endProcess(Number(program));
  }
});

test.serial("what a worker starts has none of its descriptors but those that it prints to", async (t) => {
  await using managed = await start({ log: { access: "combined", errors: "json", capture: "lines" } });
  await managed.ask(asked("/program", "echo $$; exec sleep 100"));
  const [, program = ""] = await managed.logged(/"message":"(\d+)"/);
  try {
    const opened = readdirSync(`/proc/${program}/fd`).map((fd) => readlinkSync(`/proc/${program}/fd/${fd}`));
    const [, ...printed] = opened;
    t.regex(printed.slice(0, 2).join(), /^socket:.*,socket:/);
    const [worker = 0] = await managed.allReady();
    const ofWorker = readdirSync(`/proc/${worker}/fd`).map((fd) => readlinkSync(`/proc/${worker}/fd/${fd}`));
    // Others may come from whoever runs this test; the worker's channel, socket and logs are 3 to 6.
    t.deepEqual(
      printed.slice(2).filter((path) => ofWorker.slice(3, 7).includes(path)),
      [],
    );
  } finally {
    process.kill(Number(program), "SIGKILL");
  }
});

test.serial("a worker whose master has been killed ends as it should, whatever it prints", async (t) => {
  const printing = `import { writeFileSync } from "node:fs";
setInterval(() => { console.log("x".repeat(10_000)); console.error("x".repeat(10_000)); }, 1);
process.on("exit", (code) => { console.log("bye"); writeFileSync("exit-code", String(code)); });
`;
  await using managed = await start({ source: printing + PRINTING });
  const [pid = 0] = await managed.allReady();
  await managed.logged(/xxx/);
  managed.signal("SIGKILL");
  await gone(pid);
  t.is(readFileSync(managed.folder.file("exit-code"), "utf8"), "0");
});
