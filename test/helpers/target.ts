/** A server that is attacked: it remembers every call of its application. */
import type { Environ } from "../../src/environ/index.ts";
import type { AppRequest, AppResponse } from "../../src/handler/index.ts";
import { ask, type Ending, get, RawClient } from "./raw-client.ts";
import { respond, startServer, type TestServer, type TestServerOptions, type TransportKind } from "./test-server.ts";

export const bothKinds: readonly TransportKind[] = ["unix", "tcp"];

export interface Target extends TestServer {
  /** What the application was called with, in order. */
  readonly calls: readonly Environ[];
}

/** Starts a server whose application answers `served` unless `answer` says more. */
export async function startTarget(
  options: TestServerOptions = {},
  answer: (request: AppRequest) => AppResponse | Promise<AppResponse> = () => respond("served"),
): Promise<Target> {
  const calls: Environ[] = [];
  const started = await startServer((request) => {
    calls.push({ ...request.environ });
    return answer(request);
  }, options);
  return { ...started, calls };
}

/** Sends chunks, each a segment of its own, then closes our side; answers all that comes back. */
export async function deliver({ address }: TestServer, chunks: Iterable<Uint8Array>): Promise<Ending> {
  using client = await RawClient.connect(address);
  client.socket.setNoDelay(true);
  for (const chunk of chunks) await client.send(chunk);
  client.end();
  return await client.ending;
}

/** True when the server answers an ordinary request: whatever was done to it has not hurt it. */
export async function isWell({ address }: TestServer): Promise<boolean> {
  const answer = await ask(address, get({ PATH_INFO: "/well" }));
  return answer.status === 200;
}

/** Runs `work` for all items, at most `width` at a time. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
