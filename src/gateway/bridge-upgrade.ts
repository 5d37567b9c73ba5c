/** A request with Upgrade, through the bridge: what the application answers, and behind a 101 raw bytes both ways. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Response, Sender } from "../client/index.ts";
import { hopByHopHeaders } from "../environ/index.ts";
import { gone } from "../errors.ts";
import type { BridgeOptions } from "./http-bridge.ts";
import { isSpoken, readVars, statusOf } from "./http-side.ts";

/**
 * Answers on the client's socket, and closes it at the end. `head`: what has come behind the request. Never rejects.
 */
export async function bridgeUpgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  to: Sender,
  { onError }: BridgeOptions,
): Promise<void> {
  const absence = new AbortController();
  const { signal } = absence;
  socket.on("error", () => {});
  socket.once("close", () => absence.abort(gone("the client is gone")));
  // As nginx: who has closed one side is gone. Node does not close the other by itself in all versions (24 not).
  socket.once("end", () => socket.destroy());
  if (!isSpoken(req)) {
    refuse(socket, 505);
    return;
  }
  let hasBegun = false;
  try {
    // Behind the packet goes all that the client sends: a body, or what belongs to the other protocol.
    const body = bytesOf(head, socket);
    const response = await to.send({ vars: readVars(req), body, isHead: req.method === "HEAD", signal });
    hasBegun = true;
    socket.write(headOf(response), "latin1");
    for await (const chunk of response.body) {
      if (!socket.write(chunk)) await once(socket, "drain", { signal });
    }
    socket.end();
  } catch (error) {
    if (signal.aborted) return;
    const status = statusOf(error);
    if (status === 502) onError?.(error);
    if (hasBegun) socket.destroy();
    else refuse(socket, status);
  }
}

/** Answers with a status alone. */
function refuse(socket: Duplex, status: number): void {
  // Else the client's end would never be seen.
  socket.resume();
  socket.end(`HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function* bytesOf(head: Uint8Array, socket: Duplex): AsyncGenerator<Uint8Array, void> {
  if (head.length > 0) yield head;
  for await (const chunk of socket) yield chunk as Uint8Array;
}

/** A refusal is the last answer on this connection: what follows the request was not read as HTTP. */
function headOf({ status, reason, headers }: Response): string {
  const isSwitch = status === 101;
  const sent = headers.filter(([name]) => isSwitch || !hopByHopHeaders.has(name.toLowerCase()));
  const lines = sent.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}${isSwitch ? "" : "Connection: close\r\n"}\r\n`;
}
