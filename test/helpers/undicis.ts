/** Node's own fetch and the majors of undici that load on this Node, each with the dispatcher that is tested. */
import type { ExecutionContext } from "ava";
import type * as undici7 from "undici7";
import { UwsgiDispatcher, type UwsgiDispatcherOptions } from "../../src/client/dispatcher/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import type { DirectHandler, Handler } from "../../src/handler/index.ts";
import { startServer, type TestServer, type TestServerOptions } from "./test-server.ts";

/** undici 7, and what the others have of it too. */
export type Undici = typeof undici7;

export interface NamedUndici {
  readonly name: string;
  readonly major: number;
  readonly undici: Undici;
}

/** Anybody's fetch, by its parts that are tested. */
export interface NamedFetch {
  readonly name: string;
  readonly fetch: (url: string | URL, init?: object) => Promise<Response>;
  /** Each knows its own only. */
  readonly FormData: typeof FormData;
}

const [nodeMajor = 0, nodeMinor = 0] = process.versions.node.split(".").map(Number);

/** Those that load here: undici 8 needs Node 22.19. */
export const undicis: readonly NamedUndici[] = [
  { name: "undici 6", major: 6, undici: (await import("undici6")) as unknown as Undici },
  { name: "undici 7", major: 7, undici: await import("undici7") },
  ...(nodeMajor > 22 || (nodeMajor === 22 && nodeMinor >= 19)
    ? [{ name: "undici 8", major: 8, undici: (await import("undici8")) as unknown as Undici }]
    : []),
];

export const fetches: readonly NamedFetch[] = [
  { name: "fetch of this Node", fetch: (url, init) => fetch(url, init), FormData },
  ...undicis.map(({ name, undici }) => ({
    name: `fetch of ${name}`,
    fetch: (url: string | URL, init?: object) => undici.fetch(url, init) as unknown as Promise<Response>,
    FormData: undici.FormData as unknown as typeof FormData,
  })),
];

export interface Dispatched {
  readonly dispatcher: UwsgiDispatcher;
  readonly behind: TestServer;
}

/** A server of our own, and a dispatcher to it; both end with the test. */
export async function dispatched(
  t: ExecutionContext,
  handler: Handler | DirectHandler,
  options: UwsgiDispatcherOptions = {},
  serverOptions: TestServerOptions = {},
): Promise<Dispatched> {
  const behind = await startServer(handler, serverOptions);
  t.teardown(() => behind[Symbol.asyncDispose]());
  const dispatcher = new UwsgiDispatcher(formatAddress(behind.address), options);
  t.teardown(() => dispatcher.destroy());
  return { dispatcher, behind };
}
