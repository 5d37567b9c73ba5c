/** Peers that go away, and whether a server has anything left of them. */
import { until } from "./measure.ts";
import type { Counted, Held, MeasuredServer } from "./measured-server.ts";
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

/** What can be counted, and must not become more. */
export function counts({ resources, openConnections, descriptors }: Counted): Omit<Counted, "accepted"> {
  return { resources, openConnections, descriptors };
}

/** A connection that was about to close before may have closed since: less is no leak. */
function holdsNoMore(now: Counted, before: Counted): boolean {
  return (
    now.openConnections <= before.openConnections &&
    now.descriptors <= before.descriptors &&
    isNoMore(now.resources, before.resources)
  );
}

/** Whether there is no more of anything than there was. */
export function isNoMore(now: Counts, before: Counts): boolean {
  return Object.entries(now).every(([kind, count]) => count <= (before[kind] ?? 0));
}

type Counts = Readonly<Record<string, number>>;

/** Settles when the server holds no more than it held. */
export async function untilAsBefore(server: MeasuredServer, before: Counted, what: string): Promise<void> {
  let now: Counted | undefined;
  try {
    await until(async () => holdsNoMore((now = await server.counted()), before), 10_000, what);
  } catch (error) {
    throw new Error(`${JSON.stringify(now)} before: ${JSON.stringify(before)}`, { cause: error });
  }
}

/** Looks in a row that must show the same: who asked may have left requests in the socket's queue. */
const SAME_LOOKS = 5;

/** What the server holds when it has nothing to do: handles that are about to close are not counted in. */
export async function settled(server: MeasuredServer): Promise<Held> {
  let last = await server.counted();
  let same = 0;
  await until(
    async () => {
      const now = await server.counted();
      same = now.openConnections === 0 && isSame(now, last) ? same + 1 : 0;
      last = now;
      return same === SAME_LOOKS;
    },
    10_000,
    "nothing is about to close",
  );
  return await server.held();
}

function isSame(a: Counted, b: Counted): boolean {
  return a.accepted === b.accepted && JSON.stringify(counts(a)) === JSON.stringify(counts(b));
}
