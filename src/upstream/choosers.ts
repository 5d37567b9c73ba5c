/**
 * Whom of those that can be asked: the ways of balancing. Pure; what they remember stands at the nodes.
 *
 * Each goes through the nodes once and allocates nothing. The lists are longer than `count` and used again.
 */
import { draw } from "./hash.ts";
import type { Node } from "./node.ts";

/** The nodes that can be asked, one level of backups only, and their weights at this moment. */
export interface Field {
  readonly nodes: readonly Node[];
  readonly weights: readonly number[];
  /** At least 1. */
  readonly count: number;
}

/** `key`: the hash of the request's key, NaN where it has none. */
export type Chooser = (field: Field, key: number) => Node;

/**
 * nginx's smooth weighted round robin: weights 5, 1, 1 give a a b a c a a, not a a a a a b c. In as many requests as
 * the sum of the weights each node gets exactly its weight.
 */
export function roundRobin({ nodes, weights, count }: Field): Node {
  let total = 0;
  let best = nodes[0] as Node;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const node = nodes[i] as Node;
    const weight = weights[i] as number;
    total += weight;
    node.turn += weight;
    if (node.turn > most) {
      most = node.turn;
      best = node;
    }
  }
  best.turn -= total;
  return best;
}

/** The fewest requests in flight for its weight; among equals round robin, as nginx's `least_conn`. */
export function leastConnections({ nodes, weights, count }: Field): Node {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) least = Math.min(least, (nodes[i] as Node).inFlight / (weights[i] as number));
  let total = 0;
  let best: Node | undefined;
  for (let i = 0; i < count; i++) {
    const node = nodes[i] as Node;
    const weight = weights[i] as number;
    if (node.inFlight / weight > least) continue;
    total += weight;
    node.turn += weight;
    if (best === undefined || node.turn > best.turn) best = node;
  }
  best ??= nodes[0] as Node;
  best.turn -= total;
  return best;
}

/**
 * The less busy of two drawn by weight: nearly as even as `leastConnections`, and many gateways that know nothing of
 * each other do not all run to the same node (Mitzenmacher 2001; nginx's `random two least_conn`).
 */
export function powerOfTwo(random: () => number): Chooser {
  return ({ nodes, weights, count }) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += weights[i] as number;
    const first = positionAt(weights, count, random() * total, -1);
    if (count === 1) return nodes[first] as Node;
    const second = positionAt(weights, count, random() * (total - (weights[first] as number)), first);
    const [one, two] = [nodes[first] as Node, nodes[second] as Node];
    return two.inFlight / (weights[second] as number) < one.inFlight / (weights[first] as number) ? two : one;
  };
}

/** The position that a point on the line of weights falls on, when `without` is left out of the line. */
function positionAt(weights: readonly number[], count: number, point: number, without: number): number {
  let left = point;
  let last = 0;
  for (let i = 0; i < count; i++) {
    if (i === without) continue;
    last = i;
    left -= weights[i] as number;
    if (left < 0) break;
  }
  return last;
}

/**
 * The same node for the same key: weighted rendezvous hashing (Thaler and Ravishankar 1998; weights by Resch 2015).
 * Each node draws a number for the key, and the best for its weight has it. When a node goes, only its own keys move,
 * spread over all others by weight; when one comes back, only these return; a weight that grows takes keys and gives
 * none away. A ring (ketama) is found faster among thousands of nodes, but keeps 160 points in memory for each, is only
 * roughly even, and jump hashing can lose no node but the last.
 *
 * Requests without a key go round.
 */
export function rendezvous(field: Field, key: number): Node {
  if (Number.isNaN(key)) return roundRobin(field);
  const { nodes, weights, count } = field;
  let isEven = true;
  for (let i = 1; i < count && isEven; i++) isEven = weights[i] === weights[0];
  let best = nodes[0] as Node;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const node = nodes[i] as Node;
    const drawn = draw(key, node.seed);
    // An exponential variate with the weight as its rate: each is the least of all in proportion to its weight. Among
    // equal weights the order is that of the draws, without logarithms, which are most of the cost.
    const time = isEven ? -drawn : -Math.log(drawn) / (weights[i] as number);
    if (time < least) {
      least = time;
      best = node;
    }
  }
  return best;
}
