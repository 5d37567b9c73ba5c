/** What goes wrong around a manager, and what its operator does meanwhile: reloads, stops, signals, files, clocks. */
import { closeSync, existsSync, openSync, renameSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import test from "ava";
import { parseAddress } from "../../src/connection/index.ts";
import { CheckedLoad } from "../helpers/checked-load.ts";
import { seededRandom } from "../helpers/deliveries.ts";
import { send } from "../helpers/http-client.ts";
import { childrenOf, ManagerCommand, openFilesOf, processorMsOf, SOUND } from "../helpers/manager-command.ts";
import { until } from "../helpers/measure.ts";
import { program } from "../helpers/measured-server.ts";
import { needs, needsLinux } from "../helpers/needs.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { startNginx } from "../helpers/nginx.ts";
import { ask, RawClient } from "../helpers/raw-client.ts";

/** What F27 is about takes a minute, in which the other checks are made. */
const CRASH_LOOP_MS = 60_000;
const crashing = ManagerCommand.begin({ source: "process.exit(1);\n" });
const crashingSince = performance.now();
test.after.always(() => crashing[Symbol.asyncDispose]());

for (const kind of ["tcp", "unix"] as const) {
  test.serial(
    `reload (F3), ${kind}: SIGHUPs one after the other, and 20 at a time, under load of 8: 0 failed`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind });
      const load = new CheckedLoad(manager.address, 8);
      await load.more(100);
      const before = await manager.ready();
      const filesBefore = openFilesOf(manager.pid);
      for (let reload = 2; reload <= 6; reload++) {
        manager.signal("SIGHUP");
        await manager.logged(new RegExp(`version ${reload} serves`));
      }
      for (let hup = 0; hup < 20; hup++) {
        manager.signal("SIGHUP");
        await load.more(10);
      }
      await manager.until(({ generation, state }) => generation > 6 && state === "running", "the reloads are done");
      const after = await manager.ready();
      await load.more(100);
      await load.end();
      t.log(`${load.requests} requests, p99 ${load.at(0.99).toFixed(1)} ms, longest ${load.at(1).toFixed(0)} ms`);
      t.deepEqual(load.examples, []);
      t.true(load.at(0.99) < 500, `${load.at(0.99)} ms`);
      t.deepEqual(
        after.filter((pid) => before.includes(pid)),
        [],
      );
      t.true(openFilesOf(manager.pid) <= filesBefore + 1, `${openFilesOf(manager.pid)} files, ${filesBefore} before`);
      t.deepEqual(
        childrenOf(manager.pid)
          .map(({ pid }) => pid)
          .sort(),
        [...after].sort(),
      );
    },
  );

  test.serial(
    `F6, ${kind}: a stop lets 8 requests of a second end, refuses whoever is new, and leaves nothing`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind });
      const running = Array.from({ length: 8 }, () => manager.ask("/later", "1000"));
      await manager.running(8);
      manager.signal("SIGTERM");
      const begun = performance.now();
      await manager.logged(/told to stop/);
      await until(() => refused(manager), 1_000, "nobody can connect any more");
      await Promise.all(running);
      t.is(await manager.child.exit(), 0);
      t.true(performance.now() - begun < 1_500, `${performance.now() - begun} ms`);
      t.false(existsSync(manager.folder.file("app.sock")) || existsSync(manager.folder.file("control.sock")));
    },
  );
}

async function refused(manager: ManagerCommand): Promise<boolean> {
  try {
    (await RawClient.connect(manager.address)).destroy();
    return false;
  } catch {
    return true;
  }
}

test.serial("F6: a second SIGTERM ends what does not end", async (t) => {
  await using manager = await ManagerCommand.start();
  const running = manager.ask("/later", "60000").catch(() => "lost");
  await manager.running(1);
  manager.signal("SIGTERM");
  await manager.logged(/finishing what runs/);
  const firstAt = performance.now();
  // Within half a second it would be the first one again, passed on by npm.
  while (manager.child.process.exitCode === null) {
    manager.signal("SIGTERM");
    await Promise.race([manager.child.exit(), until(() => false, 100, "").catch(() => {})]);
  }
  t.is(await manager.child.exit(), 0);
  t.is(await running, "lost");
  t.true(performance.now() - firstAt < 3_000);
});

test.serial(
  "F4: a new version that throws at load is told of, the old one serves on, and a fixed one recovers",
  async (t) => {
    await using manager = await ManagerCommand.start();
    const load = new CheckedLoad(manager.address);
    const before = await manager.ready();
    manager.write('throw new Error("no such table");\n');
    await t.throwsAsync(manager.tell({ command: "reload" }), {
      message: /given up, version 1 serves on: .*no such table/,
    });
    t.deepEqual(await manager.ready(), before);
    t.regex((await manager.status()).lastFailure ?? "", /no such table/);
    await load.more(20);
    manager.write(SOUND);
    await manager.tell({ command: "reload" });
    t.is((await manager.status()).lastFailure, undefined);
    t.deepEqual(
      (await manager.ready()).filter((pid) => before.includes(pid)),
      [],
    );
    await load.end();
    t.deepEqual(load.examples, []);
  },
);

test.serial("F5: a version that starts slowly is waited for by the old one, and 0 failed", async (t) => {
  await using manager = await ManagerCommand.start();
  const before = await manager.ready();
  manager.write(`await new Promise((resolve) => setTimeout(resolve, 5_000));\n${SOUND}`);
  const load = new CheckedLoad(manager.address);
  const begun = performance.now();
  const reloaded = manager.tell({ command: "reload" });
  while (performance.now() - begun < 4_500) await load.more(1);
  t.deepEqual(
    [...load.pids.keys()].filter((pid) => !before.includes(pid)),
    [],
  );
  await reloaded;
  await load.more(20);
  await load.end();
  t.deepEqual(load.examples, []);
});

test.serial(
  "F16: a port that is taken, an address of another machine: told by name within a second, and nothing touched",
  async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    t.teardown(() => server.close());
    for (const [address, code, why] of [
      [`127.0.0.1:${port}`, 69, /EADDRINUSE/],
      ["192.0.2.1:3031", 73, /EADDRNOTAVAIL/],
    ] as const) {
      await using manager = ManagerCommand.begin({ flags: ["--insecure", "--socket", address] });
      const begun = performance.now();
      t.is(await manager.child.exit(), code);
      t.log(`${address}: ${(performance.now() - begun).toFixed(0)} ms`);
      t.true(manager.child.stderr.includes(address), manager.child.stderr);
      t.regex(manager.child.stderr, why);
      t.false(existsSync(manager.folder.file("app.sock")));
    }
  },
);

test.serial(
  "F18: a socket file that is removed is told of within 5 s, bound anew where that is wanted, and what is not ours stays",
  async (t) => {
    await using manager = await ManagerCommand.start({ flags: ["--recreate-socket"] });
    const path = manager.folder.file("app.sock");
    const before = await manager.ready();
    renameSync(path, `${path}.old`);
    const begun = performance.now();
    await manager.logged(/app\.sock was removed: bound anew/);
    t.true(performance.now() - begun < 5_000);
    await manager.until(
      ({ generation, state }) => generation === 2 && state === "running",
      "workers have the new socket",
    );
    const after = await manager.ready();
    t.deepEqual(
      after.filter((pid) => before.includes(pid)),
      [],
    );
    t.true(after.includes(await manager.whoAnswers()));
    renameSync(path, `${path}.older`);
    writeFileSync(path, "somebody else's");
    await manager.logged(/app\.sock was replaced: nobody can connect/);
    manager.signal("SIGTERM");
    t.is(await manager.child.exit(), 0);
    t.is(statSync(path).size, "somebody else's".length);
  },
);

needsLinux().serial(
  "F20: logs on a full disk cost lines, and no request: files, and the master's own streams",
  async (t) => {
    await using files = await ManagerCommand.start({
      flags: ["--access-logto", "/dev/full", "--access-log", "combined"],
    });
    const full = openSync("/dev/full", "a");
    await using streams = ManagerCommand.begin({ stdout: full, stderr: full, flags: ["--access-log", "combined"] });
    await using own = ManagerCommand.begin({ flags: ["--logto", "/dev/full"] });
    closeSync(full);
    for (const manager of [files, streams, own]) {
      const before = await manager.ready();
      const load = new CheckedLoad({ kind: "unix", path: manager.folder.file("app.sock") });
      await load.more(200);
      process.kill(before[0] ?? 0, "SIGTERM");
      manager.signal("SIGUSR1");
      await manager.until(({ workers }) => !workers.some(({ pid }) => pid === before[0]), "the worker has gone");
      await manager.ready();
      await load.more(50);
      await load.end();
      t.deepEqual(load.examples, []);
      manager.signal("SIGTERM");
      t.is(await manager.child.exit(), 0);
    }
  },
);

test.serial("F21: a log reader that stands still, or goes away, stops neither requests nor the master", async (t) => {
  await using manager = await ManagerCommand.start({ flags: ["--access-log", "combined", "--log", "json"] });
  const { stdout, stderr } = manager.child.process;
  const { address } = manager;
  stdout?.pause();
  stderr?.pause();
  const load = new CheckedLoad(address, 8);
  await load.more(5_000);
  const [pid = 0] = await manager.ready();
  process.kill(pid, "SIGTERM");
  await manager.until(({ workers }) => !workers.some((worker) => worker.pid === pid), "the worker has gone");
  await manager.tell({ command: "reload" });
  stdout?.destroy();
  stderr?.destroy();
  await manager.tell({ command: "reload" });
  await load.more(100);
  await load.end();
  t.deepEqual(load.examples, []);
  manager.signal("SIGTERM");
  const [code] = (await once(manager.child.process, "exit")) as [number];
  t.is(code, 0);
});

test.serial(
  "F22: a wall clock that jumps an hour to and fro is nobody's business: 0 failed, and nobody killed",
  async (t) => {
    await using manager = await ManagerCommand.start({
      flags: ["--harakiri", "2", "--header-timeout", "4", "--max-worker-lifetime", "600", "--grace", "10"],
      env: { NODE_OPTIONS: `--import=${program("jumping-clock")}` },
    });
    const pids = await manager.ready();
    const load = new CheckedLoad(manager.address, 4, "/later", "300");
    await load.more(60);
    t.deepEqual(await manager.ready(), pids);
    await manager.tell({ command: "reload" });
    await load.more(8);
    await load.end();
    t.deepEqual(load.examples, []);
    const years = new Set(Array.from(manager.child.stderr.matchAll(/T(\d\d):\d\d/g), ([, hour]) => hour));
    t.true(years.size > 1, manager.child.stderr);
  },
);

needs("nginx").serial("F31: a front end that reloads all the time: 0 failed", async (t) => {
  await using manager = await ManagerCommand.start();
  const pass = passTo(manager.folder.file("app.sock"));
  await using nginx = await startNginx({ confText: ({ port }) => httpBlock(port, `location / { ${pass} }`) });
  const failed: string[] = [];
  let requests = 0;
  let isOver = false;
  const lanes = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const seen = await send({ port: nginx.port, path: "/pid" }).then(
        ({ status, body }) => `${status} ${body.toString()}`,
        String,
      );
      requests++;
      if (!/^200 pid \d+$/.test(seen)) failed.push(seen);
    }
  });
  for (let reload = 0; reload < 20; reload++) {
    const most = requests + 50;
    process.kill(nginx.pid, "SIGHUP");
    await until(() => requests >= most, 30_000, "requests are answered");
  }
  isOver = true;
  await Promise.all(lanes);
  t.log(`${requests} requests`);
  t.deepEqual(failed, []);
  t.notRegex(manager.child.stderr, / error /);
});

test.serial(
  "F33: 1 000 signals at random, HUP, USR1, WINCH and CHLD: the master lives, all is in order, and 0 failed",
  async (t) => {
    await using manager = await ManagerCommand.start();
    const load = new CheckedLoad(manager.address);
    const random = seededRandom(33);
    const names = ["SIGHUP", "SIGUSR1", "SIGWINCH", "SIGCHLD"] as const;
    for (let sent = 0; sent < 1_000; sent++) {
      manager.signal(names[Math.floor(random() * names.length)] ?? "SIGHUP");
      if (sent % 10 === 0) await load.more(1);
    }
    await manager.until(({ state, generation }) => state === "running" && generation > 1, "the reloads are done");
    const pids = await manager.ready();
    await load.more(20);
    await load.end();
    t.deepEqual(load.examples, []);
    t.deepEqual(
      childrenOf(manager.pid)
        .map(({ pid }) => pid)
        .sort(),
      [...pids].sort(),
    );
  },
);

needsLinux().serial(
  "F37: IPv6, an abstract name and a path at a time, and sockets of systemd's that are another's",
  async (t) => {
    const name = `@uisge-faults-${process.pid}`;
    await using manager = await ManagerCommand.start({
      flags: ["--socket", "[::1]:0", "--socket", name],
      env: { LISTEN_FDS: "1", LISTEN_PID: "1" },
    });
    const { addresses } = await manager.status();
    t.is(addresses.length, 3);
    for (const address of addresses) t.is((await ask(parseAddress(address))).body, "ok");
  },
);

test.serial(
  "F38: two who reload, while another scales up and down: the number of workers is right within 5 s",
  async (t) => {
    await using manager = await ManagerCommand.start();
    const load = new CheckedLoad(manager.address, 2);
    let isOver = false;
    const reloads = Array.from({ length: 2 }, async () => {
      while (!isOver) await manager.tell({ command: "reload" });
    });
    for (const to of ["+1", "+1", "-1", "4", "1", "+2", "-1", "3", "1", "2"]) {
      await manager.tell({ command: "scale", to });
      await load.more(20);
    }
    isOver = true;
    const begun = performance.now();
    await Promise.all(reloads);
    const pids = await manager.ready();
    t.log(`${(performance.now() - begun).toFixed(0)} ms behind the last reload`);
    t.is(pids.length, 2);
    t.true(performance.now() - begun < 5_000);
    await load.end();
    t.deepEqual(load.examples, []);
  },
);

test.serial("T30: a promise in 100 that nobody catches: 99 % are answered, and the master lives", async (t) => {
  await using manager = await ManagerCommand.start();
  const load = new CheckedLoad(manager.address, 4, "/stray");
  await load.more(3_000);
  await load.end();
  t.log(`${load.failures.length} of ${load.requests}`);
  t.true(load.failures.length <= load.requests / 100, load.examples.join("; "));
  t.deepEqual(
    load.failures.filter(({ kind }) => kind === "wrong"),
    [],
  );
  t.regex(manager.child.stderr, /is to be replaced: a promise was rejected that nobody handles/);
  await manager.ready();
});

test.serial("T31: workers that grow beyond the limit are replaced, and 0 failed", async (t) => {
  await using manager = await ManagerCommand.start({ flags: ["--reload-on-rss", "150"] });
  const before = await manager.ready();
  const load = new CheckedLoad(manager.address, 2, "/later", "20");
  const isSmall = async (): Promise<boolean> =>
    (await manager.status()).workers.some(({ pid, rss }) => before.includes(pid) && rss < 160 * 2 ** 20);
  while (await isSmall()) await manager.ask("/leak", "8");
  await manager.until(({ workers }) => !workers.some(({ pid }) => before.includes(pid)), "both are replaced");
  await manager.ready();
  await load.end();
  t.deepEqual(load.examples, []);
  t.regex(manager.child.stderr, /(?:told to stop: its memory is too large[^]*){2}/);
});

test.serial(
  "F27: an application that ends at its start is started at most 12 times in 60 s, for next to no work",
  async (t) => {
    t.timeout(2 * CRASH_LOOP_MS);
    await until(() => performance.now() - crashingSince > CRASH_LOOP_MS, CRASH_LOOP_MS + 1_000, "a minute has passed");
    const lines = crashing.child.stderr.split("\n");
    const at = lines
      .filter((line) => line.includes("has ended: exit 1"))
      .map((line) => Date.parse(line.split(" ")[0] ?? ""));
    const first = Date.parse(lines[0]?.split(" ")[0] ?? "");
    const ends = at.filter((ms) => ms < first + CRASH_LOOP_MS).length;
    const processorMs = processorMsOf(crashing.pid);
    t.log(`${ends} starts, ${processorMs} ms of processor time`);
    t.true(ends >= 6 && ends <= 12, crashing.child.stderr);
    t.true(processorMs < (performance.now() - crashingSince) / 20, `${processorMs} ms`);
  },
);
