/** A request at a node: counted there until it is over, and once only. */
import type { Node } from "./node.ts";
import type { Pool } from "./pool.ts";

export class Lease {
  readonly node: Node;
  private readonly pool: Pool;
  private readonly isProbe: boolean;
  private isOver = false;

  constructor(pool: Pool, node: Node) {
    this.pool = pool;
    this.node = node;
    this.isProbe = pool.begin(node);
  }

  succeed(): void {
    this.pool.succeeded(this.node, this.isProbe, performance.now());
  }

  fail(error: unknown): void {
    this.pool.failed(this.node, error, performance.now());
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.pool.end(this.node, this.isProbe);
  }
}
