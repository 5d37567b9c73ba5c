import { once } from "node:events";
import { type AddressInfo, connect, type Server } from "node:net";
import test from "ava";
import { AcceptingServer, type Taker } from "../../src/connection/accepting-server.ts";
import { closeBehindQueue } from "../../src/connection/bind.ts";
import type { ListeningHandle } from "../../src/connection/stream-binding.ts";
import { needsLinux } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

/** What Node calls when a connection has come, or could not be accepted. */
function handleOf(server: Server): ListeningHandle {
  const { _handle: handle } = server as unknown as Readonly<Record<"_handle", ListeningHandle>>;
  return handle;
}

const linuxTest = needsLinux();

const kinds = ["socket", "handle"] as const;

/** Takes connections, and closes them. */
function takerOf(kind: Taker["kind"], onTaken: () => void): Taker {
  if (kind === "socket") {
    return {
      kind,
      take: (socket) => {
        socket.destroy();
        onTaken();
      },
    };
  }
  return {
    kind,
    take: (handle) => {
      handle.close();
      onTaken();
    },
  };
}

for (const kind of kinds) {
  test(`all that come are taken, once, and counted: by ${kind}`, async (t) => {
    using folder = tempFolder();
    let taken = 0;
    const server = new AcceptingServer(takerOf(kind, () => taken++));
    server.listen({ path: folder.file("s") });
    await once(server, "listening");
    for (let i = 0; i < 20; i++) {
      const client = connect(folder.file("s"));
      client.resume();
      await once(client, "close");
    }
    t.deepEqual([taken, server.accepted], [20, 20]);
    server.close();
  });

  test(`what is queued when it is closed is taken: by ${kind}`, async (t) => {
    using folder = tempFolder();
    let taken = 0;
    const server = new AcceptingServer(takerOf(kind, () => taken++));
    server.listen({ path: folder.file("s") });
    await once(server, "listening");
    const clients = Array.from({ length: 20 }, () => connect(folder.file("s")).resume());
    const closed = Promise.all(clients.map((client) => once(client, "close")));
    await closeBehindQueue(server, false);
    await closed;
    t.is(taken, 20);
  });

  // Alone: it keeps the process busy.
  linuxTest.serial(`who is in the queue is taken, however long that takes: by ${kind}`, async (t) => {
    using folder = tempFolder();
    for (const [where, isReachable] of [
      [{ path: folder.file("s") }, false],
      [{ host: "127.0.0.1", port: 0 }, true],
    ] as const) {
      let taken = 0;
      const server = new AcceptingServer(
        takerOf(kind, () => {
          taken++;
          // Longer than is waited for those who come later.
          const until = performance.now() + 150;
          while (performance.now() < until);
        }),
      );
      server.listen(where);
      await once(server, "listening");
      const place = "path" in where ? where : { host: where.host, port: (server.address() as AddressInfo).port };
      const clients = Array.from({ length: 10 }, () => connect(place).resume());
      const closed = Promise.all(clients.map((client) => once(client, "close")));
      // By then all have called; the loop has not turned.
      await new Promise((resolve) => process.nextTick(resolve));
      await closeBehindQueue(server, isReachable);
      await closed;
      t.is(taken, 10);
    }
  });

  test(`a connection that cannot be accepted is told, and the next is taken: by ${kind}`, async (t) => {
    using folder = tempFolder();
    let taken = 0;
    const server = new AcceptingServer(takerOf(kind, () => taken++));
    const errors: unknown[] = [];
    server.on("error", (error) => errors.push(error));
    server.listen({ path: folder.file("s") });
    await once(server, "listening");
    // As the event loop does where no descriptor is left.
    handleOf(server).onconnection(-24);
    t.like(errors, [{ code: "EMFILE", syscall: "accept" }]);
    const client = connect(folder.file("s"));
    client.resume();
    await once(client, "close");
    t.is(taken, 1);
    server.close();
  });
}
