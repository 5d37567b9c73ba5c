/** An emperor with real vassals, by the command. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync, chmodSync, chownSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { Child } from "../../helpers/child.ts";
import { needsOtherUser, OTHER_UID } from "../../helpers/needs.ts";
import { projectRoot } from "../../helpers/project.ts";
import { ask, get } from "../../helpers/raw-client.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

/** Says who it is; `/held` is never answered. */
const APP = `export default {
  fetch(request) {
    if (request.url.endsWith("/held")) { console.log("held"); return new Promise(() => {}); }
    return new Response([process.env.ONE, process.cwd(), process.ppid, process.getuid()].join(" "));
  },
};
`;

class Empire {
  readonly folder: string;
  readonly child: Child;

  constructor(t: ExecutionContext, options: readonly string[] = [], prepare: (empire: Empire) => void = () => {}) {
    this.folder = folderOf(t);
    writeFileSync(this.file("app.mjs"), APP);
    prepare(this);
    this.child = new Child([main, "emperor", this.folder, ...options]);
    t.teardown(async () => {
      this.child.process.kill("SIGTERM");
      await this.child.exit();
    });
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** A vassal with a socket by its name. */
  write(name: string, more: Record<string, unknown> = {}): void {
    const said = {
      application: "app.mjs",
      socket: `./${name}.sock`,
      control: "off",
      "allow-root": true,
      grace: 5,
      ...more,
    };
    writeFileSync(this.file(`${name}.json`), JSON.stringify(said));
  }

  logged(pattern: RegExp): Promise<RegExpExecArray> {
    return this.child.printed("stderr", pattern);
  }

  async ask(name: string): Promise<{ one: string; cwd: string; master: number; uid: number }> {
    const { body } = await ask({ kind: "unix", path: this.file(`${name}.sock`) }, get());
    const [one = "", cwd = "", master, uid] = body.split(" ");
    return { one, cwd, master: Number(master), uid: Number(uid) };
  }
}

async function gone(pid: number): Promise<void> {
  try {
    while (!readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")) await setImmediate();
  } catch {
    // It is.
  }
}

test.serial("files that are added, changed, touched and removed start, restart, reload and end a vassal", async (t) => {
  const empire = new Empire(t);
  empire.write("shop", { env: ["ONE=1"] });
  await empire.logged(/listening on .*shop\.sock/);
  const first = await empire.ask("shop");
  t.like(first, { one: "1", cwd: empire.folder });

  utimesSync(empire.file("shop.json"), 1, 1);
  await empire.logged(/shop\.json \(pid \d+\): its file was touched: it reloads[^]*version 2\) serves/);
  t.is((await empire.ask("shop")).master, first.master);

  empire.write("shop", { env: ["ONE=2"] });
  await empire.logged(/its file has changed: it ends, and is started anew[^]*listening on .*shop\.sock/);
  const second = await empire.ask("shop");
  t.is(second.one, "2");
  t.not(second.master, first.master);

  rmSync(empire.file("shop.json"));
  await empire.logged(/its file is gone: it ends[^]*it has ended: exit 0/);
  await t.throwsAsync(empire.ask("shop"));
});

test.serial("a vassal may be an ini file: it has its name, and a slip of the pen leaves it as it is", async (t) => {
  const iniOf = (more: string): string =>
    `[uwsgi]\napplication = app.mjs\nsocket = ./%n.sock\nallow-root = true\ncontrol = off\n${more}`;
  const empire = new Empire(t, [], (made) => {
    writeFileSync(made.file("shop.ini"), iniOf("env = ONE=1\n"));
  });
  await empire.logged(/: shop, master pid \d+/);
  await empire.logged(/listening on .*shop\.sock/);
  const first = await empire.ask("shop");
  t.like(first, { one: "1", cwd: empire.folder });

  writeFileSync(empire.file("shop.ini"), iniOf("env = ONE=2\nharakir = 3\n"));
  await empire.logged(
    /shop\.ini:7: there is no option "harakir", did you mean harakiri\?; the vassal goes on as it is/,
  );
  t.is((await empire.ask("shop")).master, first.master);

  writeFileSync(empire.file("shop.ini"), iniOf("env = ONE=2\nharakiri = 3\n"));
  await empire.logged(/its file has changed: it ends, and is started anew[^]*listening on .*shop\.sock/);
  t.is((await empire.ask("shop")).one, "2");
});

test.serial("what is wrong with one vassal is said, and is nothing to others", async (t) => {
  const empire = new Empire(t, [], (made) => {
    made.write("good");
    made.write("crashing", { application: "missing.mjs" });
    made.write("mistyped", { proceses: 2 });
    writeFileSync(made.file("broken.json"), "{");
  });
  await empire.logged(/mistyped\.json: there is no option "proceses", the nearest is processes/);
  await empire.logged(/broken\.json: it is no JSON/);
  await empire.logged(/crashing\.json \(pid \d+\): it has ended: exit 66; it is started again at once/);
  await empire.logged(/listening on .*good\.sock/);
  await empire.ask("good");
  empire.write("crashing");
  await empire.logged(/listening on .*crashing\.sock/);
  await empire.ask("crashing");
  // A file that is spoilt leaves its vassal as it is.
  writeFileSync(empire.file("good.json"), "{");
  await empire.logged(/good\.json: it is no JSON.*; the vassal goes on as it is/);
  await t.notThrowsAsync(empire.ask("good"));
});

test.serial("a vassal that crashes is started again, another one notices nothing", async (t) => {
  const empire = new Empire(t, [], (made) => {
    made.write("one");
    made.write("two");
  });
  await Promise.all([empire.logged(/listening on .*one\.sock/), empire.logged(/listening on .*two\.sock/)]);
  const [one, two] = [await empire.ask("one"), await empire.ask("two")];
  process.kill(one.master, "SIGKILL");
  await empire.logged(
    /one\.json \(pid \d+\): it has ended: killed by SIGKILL.*; it is started again at once[^]*listening on .*one\.sock/,
  );
  t.not((await empire.ask("one")).master, one.master);
  t.is((await empire.ask("two")).master, two.master);
});

test.serial("a vassal that somebody has told to end rests until its file is touched", async (t) => {
  const empire = new Empire(t, [], (made) => made.write("shop"));
  await empire.logged(/listening on .*shop\.sock/);
  process.kill((await empire.ask("shop")).master, "SIGTERM");
  await empire.logged(/it rests until its file is touched/);
  utimesSync(empire.file("shop.json"), 1, 1);
  await empire.logged(/it rests[^]*listening on .*shop\.sock/);
  await t.notThrowsAsync(empire.ask("shop"));
});

for (const [how, signal] of [
  ["told to end", "SIGTERM"],
  ["killed", "SIGKILL"],
] as const) {
  test.serial(`the vassals of an emperor that is ${how} end`, async (t) => {
    const empire = new Empire(t, [], (made) => made.write("shop"));
    await empire.logged(/listening on .*shop\.sock/);
    const { master } = await empire.ask("shop");
    empire.child.process.kill(signal);
    // Vassals hold its standard error: that ends when all of them have.
    t.is(await empire.child.exit(), signal === "SIGTERM" ? 0 : signal);
    await gone(master);
    await t.throwsAsync(empire.ask("shop"));
  });
}

test.serial("a vassal is not upgraded, for its new master would be nobody's", async (t) => {
  const empire = new Empire(t, [], (made) => made.write("shop"));
  await empire.logged(/listening on .*shop\.sock/);
  const { master } = await empire.ask("shop");
  process.kill(master, "SIGUSR2");
  await empire.logged(/no upgrade: this master is an emperor's vassal/);
  t.is((await empire.ask("shop")).master, master);
});

test.serial("HUP to the emperor reloads its vassals, TERM waits for what runs, INT behind it does not", async (t) => {
  const empire = new Empire(t, [], (made) => made.write("shop", { grace: 1_000 }));
  await empire.logged(/listening on .*shop\.sock/);
  empire.child.process.kill("SIGHUP");
  await empire.logged(/version 2\) serves[^]*version 1\) has ended/);
  const where = { kind: "unix", path: empire.file("shop.sock") } as const;
  const broken = t.throwsAsync(ask(where, get({ PATH_INFO: "/held", REQUEST_URI: "/held" })), { message: /no head/ });
  await empire.child.printed("stdout", /held/);
  empire.child.process.kill("SIGTERM");
  await empire.logged(/is told to stop: the service ends/);
  t.is(empire.child.process.exitCode, null);
  empire.child.process.kill("SIGINT");
  t.is(await empire.child.exit(), 0);
  await broken;
});

needsOtherUser().serial("a tyrant's vassals are the owners of their files, and links are refused", async (t) => {
  const empire = new Empire(t, ["--tyrant"], (made) => {
    chmodSync(made.folder, 0o755);
    mkdirSync(made.file("run"));
    chownSync(made.file("run"), OTHER_UID, OTHER_UID);
    made.write("shop", { socket: "./run/shop.sock", "allow-root": false });
    symlinkSync(made.file("shop.json"), made.file("link.json"));
    chownSync(made.file("shop.json"), OTHER_UID, OTHER_UID);
  });
  await empire.logged(/link\.json: it is a link/);
  await empire.logged(/listening on .*shop\.sock/);
  const { master, uid } = await empire.ask("run/shop");
  t.is(uid, OTHER_UID);
  t.regex(
    readFileSync(`/proc/${master}/status`, "utf8"),
    new RegExp(`^Uid:\\t${OTHER_UID}\\t${OTHER_UID}\\t${OTHER_UID}`, "m"),
  );
});

test.serial("a folder that is not there is exit code 66", async (t) => {
  const child = new Child([main, "emperor", "/nowhere"]);
  t.is(await child.exit(), 66);
  t.regex(child.stderr, /no folder of vassals: .*\/nowhere/);
});

test.serial(
  "an ini vassal has a master whatever it says, and what it includes is looked for in its folder",
  async (t) => {
    const empire = new Empire(t, [], (made) => {
      writeFileSync(made.file("more.inc"), "1\n");
      const said = "application = app.mjs\nsocket = ./own.sock\ncontrol = off\nallow-root\nmaster = false\ngrace = 5\n";
      writeFileSync(made.file("own.ini"), `[uisge]\n${said}processes = @(more.inc)\n`);
    });
    await empire.logged(/listening on .*own\.sock/);
    t.not((await empire.ask("own")).master, empire.child.process.pid);
  },
);
