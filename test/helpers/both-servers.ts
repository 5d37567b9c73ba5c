/**
 * One listener behind two servers: Node's own, and ours with the HTTP bridge before it.
 *
 *     await using both = await startBoth((req, res) => res.end("x"));
 *     const [theirs, ours] = await both.ask({ path: "/" });
 */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeHandler } from "../../src/app/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { hopByHopHeaders } from "../../src/environ/index.ts";
import { HttpBridge } from "../../src/gateway/index.ts";
import { type HttpAnswer, type HttpRequest, send } from "./http-client.ts";
import { startServer, type TestServer } from "./test-server.ts";

/** What a client sees of an answer, without what belongs to the connection and the clock. */
export interface Seen {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface Both extends AsyncDisposable {
  readonly ports: readonly [theirs: number, ours: number];
  readonly ours: TestServer;
  ask(request: Omit<HttpRequest, "port">): Promise<[theirs: Seen, ours: Seen]>;
}

/** Starts both. */
export async function startBoth(listener: RequestListener): Promise<Both> {
  const node = createServer(listener).listen(0, "127.0.0.1");
  await once(node, "listening");
  const ours = await startServer(nodeHandler(listener));
  const bridge = await HttpBridge.listen({ to: formatAddress(ours.address) });
  const ports: [number, number] = [(node.address() as AddressInfo).port, bridge.port];
  return {
    ports,
    ours,
    ask: async (request) => {
      const [theirs, own] = await Promise.all(ports.map(async (port) => seen(await send({ ...request, port }))));
      return [theirs as Seen, withoutLengthOfChunks(theirs as Seen, own as Seen)];
    },
    [Symbol.asyncDispose]: async () => {
      await bridge.close();
      await ours[Symbol.asyncDispose]();
      node.closeAllConnections();
      node.close();
    },
  };
}

function seen({ status, reason, headers, body }: HttpAnswer): Seen {
  const kept = [...headers].filter(([name]) => name !== "date" && !hopByHopHeaders.has(name));
  return {
    status,
    reason,
    headers: kept.map(([name, values]) => `${name}: ${values.join(" | ")}`).sort(),
    body: body.toString("latin1"),
  };
}

/** Where Node leaves the length to chunks there are none here, and a length that is known is said. */
function withoutLengthOfChunks(theirs: Seen, ours: Seen): Seen {
  const isLength = (line: string): boolean => line.startsWith("content-length: ");
  if (theirs.headers.some(isLength)) return ours;
  return { ...ours, headers: ours.headers.filter((line) => !isLength(line)) };
}
