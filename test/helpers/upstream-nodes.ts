/** Nodes and senders made up for tests of upstreams. */
import type { PacketRequest, Response, Sender } from "../../src/client/index.ts";
import { type Address, formatAddress } from "../../src/connection/index.ts";
import { type NodeChanged, nodeChanged } from "../../src/diagnostics.ts";
import { type NodeInit, nodeSettings } from "../../src/upstream/node-init.ts";
import { Node } from "../../src/upstream/node.ts";

/** Nodes 10.0.0.1:1, 10.0.0.2:1 ... with these settings. */
export function nodesOf(inits: readonly Omit<NodeInit, "address">[]): Node[] {
  return inits.map((init, i) => {
    const settings = nodeSettings({ ...init, address: `10.0.${i >> 8}.${i & 255}:1` });
    return new Node(settings, settings.address);
  });
}

/** A GET, or what `vars` make of it. */
export function request(vars: Readonly<Record<string, string>> = {}, more: Partial<PacketRequest> = {}): PacketRequest {
  return { vars: { REQUEST_METHOD: "GET", REQUEST_URI: "/", ...vars }, ...more };
}

export type Answering = (request: PacketRequest) => Promise<Response> | Response;

/** Senders whose answers are written by hand, by address; all that they were sent is kept. */
export class Scripted {
  readonly sent: string[] = [];
  readonly requests: PacketRequest[] = [];
  private readonly answers: Readonly<Record<string, Answering>>;
  private readonly otherwise: Answering;

  constructor(answers: Readonly<Record<string, Answering>>, otherwise: Answering = () => responseOf("ok")) {
    this.answers = answers;
    this.otherwise = otherwise;
  }

  readonly connect = (address: Address): Sender => {
    const name = formatAddress(address);
    return {
      send: async (asked) => {
        this.sent.push(name);
        this.requests.push(asked);
        return (this.answers[name] ?? this.otherwise)(asked);
      },
    };
  };
}

export function responseOf(text: string, status = 200): Response {
  return { status, reason: "", headers: [], body: bodyOf(text) };
}

export async function* bodyOf(...texts: readonly string[]): AsyncGenerator<Uint8Array, void> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

export async function textOf({ body }: Response): Promise<string> {
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString("latin1");
  return text;
}

/** All that is reported about nodes, as `NODE STATE`; of the upstream that is set then. */
export class Changes {
  readonly all: NodeChanged[] = [];
  private wake: () => void = () => {};
  private readonly listener = (message: NodeChanged): void => {
    this.all.push(message);
    this.wake();
  };

  constructor(t: { teardown(end: () => void): void }) {
    nodeChanged.subscribe(this.listener);
    t.teardown(() => nodeChanged.unsubscribe(this.listener));
  }

  of(upstream: object): string[] {
    return this.all.filter((one) => one.upstream === upstream).map(({ node, state }) => `${node} ${state}`);
  }

  /** Resolves when that was reported, since the beginning. */
  async until(upstream: object, what: string): Promise<NodeChanged> {
    for (;;) {
      const found = this.all.find((one) => one.upstream === upstream && `${one.node} ${one.state}` === what);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
