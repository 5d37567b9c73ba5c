/** Hooks of an application, called by `serve` and by the server that it makes. */
import { existsSync, writeFileSync } from "node:fs";
import test from "ava";
import { formatAddress } from "../src/connection/index.ts";
import { hookFailed, largeHead } from "../src/diagnostics.ts";
import { AppError, serve, type ServeOptions, type WsgiApplication } from "../src/index.ts";
import { ask, get, RawClient } from "./helpers/raw-client.ts";
import { tempFolder } from "./helpers/temp-folder.ts";
import { gate, Recorded } from "./helpers/test-server.ts";

const hello: WsgiApplication = (_environ, start) => {
  start("200 OK", []);
  return "hello";
};

type Lifecycle = NonNullable<ServeOptions["lifecycle"]>;

/** Hooks that note their calls; each lets other things happen before it ends. */
class Noted implements Lifecycle {
  readonly calls: string[] = [];

  start(): Promise<void> {
    return this.note("start");
  }

  ready(addresses: readonly string[]): Promise<void> {
    return this.note(`ready ${addresses.join(" ")}`);
  }

  drain(): Promise<void> {
    return this.note("drain");
  }

  stop(): Promise<void> {
    return this.note("stop");
  }

  private async note(call: string): Promise<void> {
    this.calls.push(call);
    await new Promise(setImmediate);
    this.calls.push(`${call} ended`);
  }
}

test("hooks are called in order as methods, and each is waited for", async (t) => {
  using folder = tempFolder();
  const sockets = [folder.file("a"), folder.file("b")];
  const lifecycle = new Noted();
  const server = await serve(hello, { socket: sockets, log: false, lifecycle });
  const ready = `ready ${sockets.join(" ")}`;
  t.deepEqual(lifecycle.calls, ["start", "start ended", ready, `${ready} ended`]);
  await server.close();
  t.deepEqual(lifecycle.calls.slice(4), ["drain", "drain ended", "stop", "stop ended"]);
});

test("start runs before anything listens, ready when all sockets answer", async (t) => {
  using folder = tempFolder();
  const sockets = [folder.file("a"), folder.file("b")];
  const seen: unknown[] = [];
  await using server = await serve(hello, {
    socket: sockets,
    log: false,
    lifecycle: {
      start: () => void seen.push(sockets.map((path) => existsSync(path))),
      ready: async (addresses) => {
        for (const path of addresses) seen.push((await ask({ kind: "unix", path })).body);
      },
    },
  });
  t.is(server.addresses.length, 2);
  t.deepEqual(seen, [[false, false], "hello", "hello"]);
});

test("ready is told the port that the system has chosen", async (t) => {
  let told: readonly string[] = [];
  await using server = await serve(hello, {
    socket: "127.0.0.1:0",
    log: false,
    lifecycle: {
      ready: (addresses) => {
        told = addresses;
      },
    },
  });
  t.deepEqual(told, server.addresses.map(formatAddress));
  t.regex(told.join(), /^127\.0\.0\.1:[1-9]\d*$/);
});

test("drain is called at once while a request runs, stop when it has ended", async (t) => {
  using folder = tempFolder();
  const calls: string[] = [];
  const called = gate();
  const draining = gate();
  const application: WsgiApplication = async (_environ, start) => {
    called.open();
    await draining.promise;
    await new Promise(setImmediate);
    calls.push("answered");
    start("200 OK", []);
    return "finished";
  };
  const lifecycle = {
    drain: () => {
      calls.push("drain");
      draining.open();
    },
    stop: () => void calls.push("stop"),
  };
  const server = await serve(application, { socket: folder.file("s"), log: false, lifecycle });
  using client = await RawClient.connect({ kind: "unix", path: folder.file("s") });
  await client.send(get());
  await called.promise;
  await Promise.all([server.close(), client.until("finished")]);
  t.deepEqual(calls, ["drain", "answered", "stop"]);
});

for (const [about, fail] of [
  [
    "throws",
    () => {
      throw new Error("no database");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no database"))],
] as const) {
  test(`a start that ${about} ends serve: nothing listens, stop is not called`, async (t) => {
    using folder = tempFolder();
    const lifecycle = Object.assign(new Noted(), { start: fail });
    const error = await t.throwsAsync(serve(hello, { socket: folder.file("s"), log: false, lifecycle }), {
      instanceOf: AppError,
      code: "UWSGI_APP_HOOK_FAILED",
      message: "the application's hook start failed: no database",
    });
    t.is((error.cause as Error).message, "no database");
    t.deepEqual([existsSync(folder.file("s")), lifecycle.calls], [false, []]);
  });

  test(`a ready that ${about} closes the server with all that belongs to it, and ends serve`, async (t) => {
    using folder = tempFolder();
    const lifecycle = Object.assign(new Noted(), { ready: fail });
    const error = await t.throwsAsync(serve(hello, { socket: folder.file("s"), log: false, lifecycle }), {
      instanceOf: AppError,
      code: "UWSGI_APP_HOOK_FAILED",
      message: "the application's hook ready failed: no database",
    });
    t.is((error.cause as Error).message, "no database");
    t.false(existsSync(folder.file("s")));
    t.deepEqual(lifecycle.calls.slice(2), ["drain", "drain ended", "stop", "stop ended"]);
  });

  for (const hook of ["drain", "stop"] as const) {
    test(`a ${hook} that ${about} is reported, and the server closes all the same`, async (t) => {
      using folder = tempFolder();
      const lifecycle = Object.assign(new Noted(), { [hook]: fail });
      const server = await serve(hello, { socket: folder.file("s"), log: false, lifecycle });
      const failed = new Recorded(hookFailed, server);
      await server.close();
      failed.stop();
      t.deepEqual(
        failed.all.map((message) => [message.hook, (message.error as Error).message]),
        [[hook, "no database"]],
      );
      t.true(lifecycle.calls.includes(hook === "drain" ? "stop ended" : "drain ended"));
    });
  }
}

for (const hook of ["drain", "stop"] as const) {
  test(`a ${hook} that never ends is reported after the grace, and the server closes all the same`, async (t) => {
    using folder = tempFolder();
    const lifecycle = Object.assign(new Noted(), { [hook]: () => new Promise<void>(() => {}) });
    const server = await serve(hello, { socket: folder.file("s"), log: false, graceMs: 20, lifecycle });
    const failed = new Recorded(hookFailed, server);
    await server.close();
    failed.stop();
    // On a machine that is busy the other hook may take as long.
    const own = failed.all.filter((message) => message.hook === hook);
    t.is(own.length, 1);
    t.like(own[0]?.error, { code: "UWSGI_APP_HOOK_FAILED", message: `${hook} has not ended within 20 ms` });
  });
}

test("a socket that cannot be listened on stops what start has begun", async (t) => {
  using folder = tempFolder();
  writeFileSync(folder.file("s"), "taken");
  const lifecycle = new Noted();
  await t.throwsAsync(serve(hello, { socket: folder.file("s"), log: false, lifecycle }), {
    code: "UWSGI_LISTEN_FAILED",
  });
  t.deepEqual(
    lifecycle.calls.filter((call) => !call.endsWith("ended")),
    ["start", "drain", "stop"],
  );
});

test("a server that never started is not listened to by its log", async (t) => {
  using folder = tempFolder();
  const start = (): never => {
    throw new Error("no database");
  };
  // Nobody else in this file listens to that topic, and a log does.
  t.false(largeHead.hasSubscribers);
  const log = { errors: { write: () => true } };
  await t.throwsAsync(serve(hello, { socket: folder.file("s"), log, lifecycle: { start } }));
  t.false(largeHead.hasSubscribers);
});

test("a hook that cannot be called is a mistake of the caller", async (t) => {
  using folder = tempFolder();
  const lifecycle = { stop: "later" } as unknown as Lifecycle;
  await t.throwsAsync(serve(hello, { socket: folder.file("s"), log: false, lifecycle }), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: "lifecycle.stop is string, a function is needed",
  });
});
