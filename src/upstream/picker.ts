/** Which node is asked next. Pure but for `random`, which may be given; `now` is a parameter. */
import type { Chooser } from "./choosers.ts";
import { isAvailable, type Node, weightOf } from "./node.ts";

/** A node that was asked in vain. */
export interface Try {
  readonly node: Node;
  readonly error: unknown;
}

export class Picker {
  private readonly choose: Chooser;
  private readonly slowStartMs: number;
  // Used again for every request: picking allocates nothing.
  private readonly field = { nodes: [] as Node[], weights: [] as number[], count: 0 };

  constructor(choose: Chooser, slowStartMs: number) {
    this.choose = choose;
    this.slowStartMs = slowStartMs;
  }

  /**
   * A node that can be asked, of the lowest level of backups that has one, and none of those that were tried; undefined
   * where there is none. `key`: see `Chooser`. `now`: ms of a monotonic clock.
   */
  pick(nodes: readonly Node[], now: number, key: number, tried?: readonly Try[]): Node | undefined {
    const { field } = this;
    let count = 0;
    let level = Number.POSITIVE_INFINITY;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i] as Node;
      const { backupLevel } = node.settings;
      if (backupLevel > level || !isAvailable(node, now) || (tried !== undefined && wasTried(tried, node))) continue;
      if (backupLevel < level) {
        level = backupLevel;
        count = 0;
      }
      field.nodes[count] = node;
      field.weights[count] = weightOf(node, now, this.slowStartMs);
      count++;
    }
    field.count = count;
    return count === 0 ? undefined : this.choose(field, key);
  }

  /** Lets go of nodes that are no more. */
  forget(): void {
    this.field.nodes.length = 0;
  }
}

function wasTried(tried: readonly Try[], node: Node): boolean {
  for (const one of tried) if (one.node === node) return true;
  return false;
}
