/** Peers that go away, and whether a server has anything left of them. */
import { until } from "./measure.ts";
import type { Held, MeasuredServer } from "./measured-server.ts";
import type { RawClient } from "./raw-client.ts";

/** How a peer goes. */
export type Way = "close" | "reset" | "half-close";

/** Goes away; settles when both sides are closed. */
export async function leave(client: RawClient, way: Way): Promise<void> {
  if (way === "reset") client.socket.resetAndDestroy();
  else if (way === "close") client.destroy();
  else {
    client.end();
    client.read();
    await client.ending;
    client.destroy();
  }
  await client.closed;
}

/** What can be counted, and must be as it was. */
export function counts({ resources, openConnections, descriptors }: Held): object {
  return { resources, openConnections, descriptors };
}

function isAsBefore(now: Held, before: Held): boolean {
  return JSON.stringify(counts(now)) === JSON.stringify(counts(before));
}

/** Settles when the server holds what it held. */
export async function untilAsBefore(server: MeasuredServer, before: Held, what: string): Promise<void> {
  let now: Held | undefined;
  try {
    await until(async () => isAsBefore((now = await server.held()), before), 10_000, what);
  } catch (error) {
    throw new Error(`${JSON.stringify(now)} before: ${JSON.stringify(before)}`, { cause: error });
  }
}
