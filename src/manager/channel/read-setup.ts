/** The first line that a worker gets, and what of it is for `serve`. */
import { deserialize, serialize } from "node:v8";
import { inheritedAs } from "../../connection/index.ts";
import { ProtocolError } from "../../errors.ts";
import type { ServeOptions } from "../../serve.ts";
import type { WorkerSetup } from "./worker-setup.ts";

/** A setup as it goes over the channel. */
export function writeSetup(setup: WorkerSetup): string {
  return serialize(setup).toString("base64");
}

/** Throws a ProtocolError (`UWSGI_BAD_MESSAGE`) for what no master has written. */
export function readSetup(text: string): WorkerSetup {
  let setup: Partial<WorkerSetup> | null | undefined;
  try {
    setup = deserialize(Buffer.from(text, "base64")) as typeof setup;
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
  for (const part of ["worker", "application", "sockets", "privileges", "server", "log"] as const) {
    if (typeof setup?.[part] !== "object") throw bad(`it has no ${part}`);
  }
  return setup as WorkerSetup;
}

/** What of the server's options is left for a worker: paths, modes and owners of sockets were the master's. */
export function serveOptionsOf({ server, sockets, harakiriMs }: WorkerSetup): Omit<ServeOptions, "log"> {
  const { mode: _mode, owner: _owner, group: _group, recreate: _recreate, tls: _tls, ...rest } = server;
  const tls = sockets.find((socket) => socket.tls !== undefined)?.tls;
  return {
    ...rest,
    socket: sockets.map(({ fd, address }) => inheritedAs(fd, address)),
    ...(tls === undefined ? {} : { tls }),
    ...(harakiriMs === undefined ? {} : { harakiriMs }),
    // A rejected promise ends the request that it belongs to, and no other.
    attributesErrors: server.attributesErrors ?? true,
  };
}

function bad(why: string): ProtocolError {
  return new ProtocolError(`the setup of a worker cannot be read: ${why}`, { code: "UWSGI_BAD_MESSAGE" });
}
