/**
 * Loaded before a framework's own test suite (`node --import`): whatever `http.Server` the suite lets listen is served over
 * uwsgi instead. Where it asked to listen stands a door to our HTTP bridge, which goes to a unix socket, behind which the
 * server's `request` and `upgrade` events are emitted by `nodeHandler`.
 */
import { once } from "node:events";
import { Server as HttpServer } from "node:http";
import { createServer, Server as NetServer, type Socket, connect } from "node:net";
import { pipeline } from "node:stream";
import { nodeHandler } from "../../../src/app/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import { httpPlugin, Server } from "../../../src/server/index.ts";
import { tempFolder } from "../../helpers/temp-folder.ts";

type Listen = (this: NetServer, ...args: unknown[]) => NetServer;

const listen = NetServer.prototype.listen as Listen;
/** True while our own bridge begins to listen. */
let isOurs = false;

/** What a server of the suite goes through. */
class Detour {
  readonly door: NetServer;
  readonly connections = new Set<Socket>();
  private readonly server: HttpServer;
  /** What stands behind the door, from the first connection on: many servers of a suite never have one. */
  private inner: Promise<Inner> | undefined;

  constructor(server: HttpServer) {
    this.server = server;
    this.door = createServer({ allowHalfOpen: true }, (socket) => void this.pass(socket));
    for (const event of ["listening", "error"]) this.door.on(event, (...args) => server.emit(event, ...args));
  }

  close(done: (error?: Error) => void): void {
    const closed = once(this.door, "close").then(async () => (await this.inner)?.close());
    closed.then(() => done(), done);
    this.door.close((error) => {
      // It did not listen.
      if (error !== undefined) done(error);
    });
    // Ends connections that wait for a further request, as `http.Server` does.
    void this.inner?.then(({ bridge }) => bridge.close());
  }

  cut(): void {
    for (const socket of this.connections) socket.destroy();
  }

  private async pass(socket: Socket): Promise<void> {
    this.connections.add(socket);
    socket.once("close", () => this.connections.delete(socket));
    socket.on("error", () => {});
    let port: number;
    try {
      this.inner ??= startInner(this.server);
      ({ port } = (await this.inner).bridge);
    } catch (error) {
      console.error(error);
      socket.destroy();
      return;
    }
    const onward = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    // By `pipeline` an error of one is the end of both.
    pipeline(socket, onward, () => {});
    pipeline(onward, socket, () => {});
  }
}

interface Inner {
  readonly bridge: HttpBridge;
  close(): Promise<void>;
}

async function startInner(server: HttpServer): Promise<Inner> {
  const folder = tempFolder();
  const uwsgi = new Server({ plugins: [httpPlugin(nodeHandler(server))], graceMs: 100 });
  const to = folder.file("s");
  await uwsgi.listen({ kind: "unix", path: to });
  isOurs = true;
  // Listens before its first wait. Suites look for the address that clients of "::" have.
  const listening = HttpBridge.listen({ to, host: "::" });
  isOurs = false;
  const bridge = await listening;
  return {
    bridge,
    close: async () => {
      await bridge.close();
      await uwsgi.close();
      folder[Symbol.dispose]();
    },
  };
}

function detoured(this: HttpServer, ...args: unknown[]): HttpServer {
  if (isOurs) {
    listen.apply(this, args);
    return this;
  }
  const detour = new Detour(this);
  const { door } = detour;
  const told = args.at(-1);
  if (typeof told === "function") this.once("listening", told as () => void);
  listen.apply(door, typeof told === "function" ? args.slice(0, -1) : args);
  Object.defineProperty(this, "listening", { get: () => door.listening, configurable: true });
  // What supertest asks before it closes.
  Object.defineProperty(this, "_handle", { get: () => Reflect.get(door, "_handle") as unknown, configurable: true });
  Object.assign(this, {
    address: () => door.address(),
    ref: () => (door.ref(), this),
    unref: () => (door.unref(), this),
    getConnections: (count: Parameters<NetServer["getConnections"]>[0]) => door.getConnections(count),
    closeAllConnections: () => detour.cut(),
    close: (done?: (error?: Error) => void) => {
      detour.close((error) => {
        done?.(error);
        this.emit("close");
      });
      return this;
    },
  });
  return this;
}

HttpServer.prototype.listen = detoured as HttpServer["listen"];
