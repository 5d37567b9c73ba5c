/** `serve` with `subscribe`: when it announces, and what it refuses. */
import test from "ava";
import { announceFailed, type AnnounceFailed } from "../src/diagnostics.ts";
import { errorCode } from "../src/errors.ts";
import { formatAddress } from "../src/connection/index.ts";
import { serve, type ServeOptions } from "../src/index.ts";
import { Server } from "../src/server/index.ts";
import { decodeSubscription } from "../src/upstream/index.ts";
import { accepts } from "./helpers/accepts.ts";
import { datagramSink } from "./helpers/datagrams.ts";
import { gate } from "./helpers/test-server.ts";
import { folderOf } from "./helpers/temp-folder.ts";
import { showEnviron } from "./helpers/wsgi-apps.ts";

test("announces the port that the system has chosen, once ready has ended", async (t) => {
  await using sink = await datagramSink();
  const seen: number[] = [];
  const server = await serve(showEnviron, {
    socket: "127.0.0.1:0",
    log: false,
    subscribe: [{ to: sink.address, key: "a" }],
    lifecycle: { ready: () => void seen.push(sink.all.length) },
  });
  const { address } = decodeSubscription(await sink.at(0));
  t.is(address, server.addresses.map(formatAddress).join());
  t.deepEqual(seen, [0]);
  await server.close();
  t.true(decodeSubscription(await sink.at(1)).isUnsubscribe);
});

test("a path is announced as an absolute one", async (t) => {
  await using sink = await datagramSink();
  const socket = `${folderOf(t)}/a.sock`;
  await using server = await serve(showEnviron, { socket, log: false, subscribe: [{ to: sink.address, key: "a" }] });
  t.is(decodeSubscription(await sink.at(0)).address, socket);
  t.truthy(server);
});

test("what is done before the close is done while the server still accepts", async (t) => {
  const { promise, open } = gate();
  const server = new Server({ plugins: [], beforeClose: () => promise });
  await server.listen("127.0.0.1:0");
  const [address] = server.addresses;
  if (address?.kind !== "tcp") throw new Error("it listens on TCP");
  const closing = server.close();
  t.is(server.close(), closing);
  t.true(await accepts({ host: address.host, port: address.port }));
  open();
  await closing;
  t.false(await accepts({ host: address.host, port: address.port }));
});

test("a router that cannot be told is reported by diagnostics and in the log, and the server serves", async (t) => {
  const lines: string[] = [];
  const { promise, open } = gate<AnnounceFailed>();
  announceFailed.subscribe(open);
  await using server = await serve(showEnviron, {
    socket: "127.0.0.1:0",
    log: { errors: { write: (line: string) => lines.push(line) } },
    subscribe: [{ to: "host.invalid:1", key: "a", address: "127.0.0.1:1" }],
  });
  const message = await promise;
  announceFailed.unsubscribe(open);
  t.is(message.server, server);
  t.is(message.error.code, "UWSGI_CONNECT_FAILED");
  t.regex(lines.join(""), / warn UWSGI_CONNECT_FAILED: cannot announce to host\.invalid:1: .*: it is tried again/);
});

for (const [what, options, code] of [
  ["all addresses", { socket: "0.0.0.0:0", insecure: true }, "UWSGI_INVALID_ADDRESS"],
  ["a path as router", { subscribe: [{ to: "/run/r.sock", key: "a" }] }, "UWSGI_INVALID_ADDRESS"],
  ["no key", { subscribe: [{ to: "127.0.0.1:1", key: "" }] }, "UWSGI_INVALID_ARGUMENT"],
  ["no list", { subscribe: {} as never }, "UWSGI_INVALID_ARGUMENT"],
] as const satisfies readonly (readonly [string, Partial<ServeOptions>, string])[]) {
  test(`refuses ${what} before anything starts`, async (t) => {
    let hasStarted = false;
    const error = await t.throwsAsync(
      serve(showEnviron, {
        socket: "127.0.0.1:0",
        log: false,
        subscribe: [{ to: "127.0.0.1:9", key: "a" }],
        lifecycle: {
          start: () => {
            hasStarted = true;
          },
        },
        ...options,
      }),
    );
    t.is(errorCode(error), code);
    t.false(hasStarted);
  });
}
