/** Nodes taken in turn, as few rules as there can be: for tests of what stands above an upstream. */
import { Client, type PacketRequest, type RawConnection, type Response } from "../../src/client/index.ts";
import type { Vars } from "../../src/codec/index.ts";
import { dial, parseAddress } from "../../src/connection/index.ts";
import type { NodeSet, SubscribedNodeInit } from "../../src/upstream/index.ts";

export class PlainNodes implements NodeSet {
  readonly nodes: SubscribedNodeInit[] = [];
  isClosed = false;
  private turn = 0;

  add(node: SubscribedNodeInit): void {
    if (this.nodes.some(({ address }) => address === node.address)) this.remove(node.address);
    this.nodes.push(node);
  }

  remove(address: string): void {
    this.nodes.splice(
      this.nodes.findIndex((node) => node.address === address),
      1,
    );
  }

  send(request: PacketRequest): Promise<Response> {
    const { address, modifier1, modifier2 } = this.next();
    return new Client(address).send({ ...request, modifier1, modifier2 });
  }

  async connect(_vars: Vars | undefined, signal?: AbortSignal): Promise<RawConnection> {
    const { address, modifier1, modifier2 } = this.next();
    return { transport: await dial(parseAddress(address), signal), modifier1, modifier2, release: () => {} };
  }

  /** As often as their weights say; backups when there is nobody else. */
  private next(): SubscribedNodeInit {
    const primary = this.nodes.filter(({ backupLevel }) => backupLevel === 0);
    const turns = (primary.length > 0 ? primary : this.nodes).flatMap((node) =>
      Array.from({ length: node.weight }, () => node),
    );
    return turns[this.turn++ % turns.length] as SubscribedNodeInit;
  }

  close(): void {
    this.isClosed = true;
  }
}
