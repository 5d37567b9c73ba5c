/** A bridge for one test, with what it reports. */
import { type BridgeOptions, HttpBridge } from "../../src/gateway/index.ts";
import type { Environ } from "../../src/environ/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import type { AppRequest, AppResponse } from "../../src/handler/index.ts";
import { RawClient } from "./raw-client.ts";
import { startTarget, type Target } from "./target.ts";
import { type Seen, type TestServerOptions, watch } from "./test-server.ts";

interface TestContext {
  teardown(end: () => void | PromiseLike<void>): void;
}

export interface TestBridge {
  readonly bridge: HttpBridge;
  readonly port: number;
  readonly seen: Seen;
  /** What `onError` was told. */
  readonly errors: readonly unknown[];
}

/** A bridge to an address; cut at the end of the test. */
export async function startBridge(t: TestContext, options: BridgeOptions): Promise<TestBridge> {
  const errors: unknown[] = [];
  const bridge = await HttpBridge.listen({ graceMs: 200, onError: (error) => errors.push(error), ...options });
  const seen = watch(bridge);
  t.teardown(async () => {
    await bridge.close();
    seen.stop();
  });
  return { bridge, port: bridge.port, seen, errors };
}

export interface Bridged extends TestBridge {
  readonly behind: Target;
  /** What the application was called with. */
  readonly calls: readonly Environ[];
}

/** An application that answers `served` unless `answer` says more, and a bridge in front of it. */
export async function startBridged(
  t: TestContext,
  options: Partial<BridgeOptions> = {},
  answer?: (request: AppRequest) => AppResponse | Promise<AppResponse>,
  server: TestServerOptions = {},
): Promise<Bridged> {
  const behind = await startTarget(server, answer);
  t.teardown(() => behind[Symbol.asyncDispose]());
  const started = await startBridge(t, { to: formatAddress(behind.address), ...options });
  return { ...started, behind, calls: behind.calls };
}

/** A connection to a port of 127.0.0.1. */
export function connectTo(port: number): Promise<RawClient> {
  return RawClient.connect({ kind: "tcp", host: "127.0.0.1", port });
}

/** Sends these characters, each a byte, and answers all that comes until the other side closes. */
export async function rawAnswer(port: number, bytes: string): Promise<string> {
  using client = await connectTo(port);
  void client.send(bytes);
  await client.ending;
  return client.text;
}

/** The statuses of the answers in what came back. */
export function statusesIn(text: string): number[] {
  return Array.from(text.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
}
