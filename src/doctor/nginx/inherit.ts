/** What holds in a block: nginx looks upwards, in a way that depends on the directive. */
import type { Block, Directive } from "./configuration.ts";

/** A directive that has one value: the nearest one. */
export function nearest(block: Block | undefined, name: string): Directive | undefined {
  for (let at = block; at !== undefined; at = at.parent) {
    const own = ownOf(at, name)[0];
    if (own !== undefined) return own;
  }
  return undefined;
}

/**
 * A directive that may be given several times (`uwsgi_param`, `error_page`, `set_real_ip_from`): all of the nearest block
 * that has any. A block with one of its own inherits none.
 */
export function listAt(block: Block | undefined, name: string): readonly Directive[] {
  for (let at = block; at !== undefined; at = at.parent) {
    const own = ownOf(at, name);
    if (own.length > 0) return own;
  }
  return [];
}

/** The directives of that name that stand in the block itself. */
export function ownOf(block: Block, name: string): readonly Directive[] {
  return block.directives.filter((directive) => directive.name === name);
}

/** `on` of a switch, or what nginx takes without one. */
export function isOn(block: Block, name: string, fallback: boolean): boolean {
  const value = nearest(block, name)?.args[0]?.toLowerCase();
  return value === undefined ? fallback : value === "on";
}

/** The block itself and all blocks around it that have this name: `server` of a location. */
export function around(block: Block, name: string): Block | undefined {
  for (let at: Block | undefined = block; at !== undefined; at = at.parent) if (at.name === name) return at;
  return undefined;
}

/** All blocks below a block, itself first. */
export function* blocksBelow(block: Block): Generator<Block, void> {
  yield block;
  for (const directive of block.directives) if (directive.block !== undefined) yield* blocksBelow(directive.block);
}
