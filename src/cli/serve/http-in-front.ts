/** `uisge serve --http`: a bridge in front of the application, by a socket that is there anyway, or by one of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "../../connection/index.ts";
import { HttpBridge, type HttpListener } from "../../gateway/index.ts";
import { type ErrorFormat, logServer } from "../../log/index.ts";
import type { Server } from "../../server/index.ts";
import { isPlain } from "./reachable.ts";

/** For a closing bridge to take what is on its way, before the application hears of the end. */
const LAST_REQUESTS_MS = 1_000;

/** The sockets, and one more where no bridge could reach any: in a folder that nobody else may enter, gone at the end. */
export function reachable(sockets: readonly string[]): readonly string[] {
  if (sockets.some(isPlain)) return sockets;
  const folder = mkdtempSync(join(tmpdir(), "uisge-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return [...sockets, join(folder, "app.sock")];
}

/** A bridge that ends with its server. */
export interface BridgeInFront {
  readonly listeners: readonly HttpListener[];
  /** Begins to close; resolves when nothing new comes to the server, which then may. */
  stop(): Promise<void>;
  /** Resolves when it has closed. */
  close(): Promise<void>;
}

/** Starts a bridge to a server; closes the server where that fails. The server has the access log. */
export async function bridgeTo(
  server: Server,
  listen: readonly string[],
  { graceMs, maxBodyBytes }: { readonly graceMs?: number; readonly maxBodyBytes?: number },
  errorFormat: ErrorFormat,
): Promise<BridgeInFront> {
  // Looked for before the server was made.
  const to = server.addresses.find(isPlain) as Address;
  try {
    const bridge = await HttpBridge.listen({
      to,
      listen,
      ...(graceMs === undefined ? {} : { graceMs }),
      ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    });
    const stopLog = logServer(bridge, { errors: process.stderr, errorFormat });
    const close = (): Promise<void> => bridge.close().then(stopLog);
    return {
      listeners: bridge.listeners,
      // Not until all has ended: an application that is told of the end may be who ends a stream.
      stop: () => Promise.race([close(), delay(LAST_REQUESTS_MS)]),
      close,
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
