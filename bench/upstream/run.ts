/** What it costs to choose a node: time, and memory, for each way of balancing and several numbers of nodes. */
import { leastConnections, powerOfTwo, rendezvous, roundRobin } from "../../src/upstream/choosers.ts";
import { nodeSettings } from "../../src/upstream/node-init.ts";
import { Node } from "../../src/upstream/node.ts";
import { Picker } from "../../src/upstream/picker.ts";
import { machine } from "../machine.ts";

const ROUNDS = 9;
const NODE_VISITS = 3_000_000;

const choosers = {
  "round-robin": roundRobin,
  "least-connections": leastConnections,
  "power-of-two": powerOfTwo(Math.random),
  hash: rendezvous,
} as const;

console.log(`${JSON.stringify(machine())}; medians of ${ROUNDS} rounds`);
console.log(`${"".padEnd(20)}${"nodes".padStart(7)}${"weights".padStart(10)}${"ns".padStart(8)}${"bytes".padStart(8)}`);
for (const [name, choose] of Object.entries(choosers)) {
  for (const count of [3, 20, 100]) {
    for (const isEven of [true, false]) {
      const nodes = Array.from({ length: count }, (_, i) => {
        const settings = nodeSettings({ address: `10.0.0.${i}:1`, weight: isEven ? 1 : 1 + (i % 3) });
        return new Node(settings, settings.address);
      });
      const rounds = Array.from({ length: ROUNDS }, () => measure(new Picker(choose, 0), nodes));
      const { ns, bytes } = rounds.toSorted((a, b) => a.ns - b.ns)[ROUNDS >> 1] ?? { ns: 0, bytes: 0 };
      const weights = isEven ? "equal" : "1, 2, 3";
      console.log(
        `${name.padEnd(20)}${String(count).padStart(7)}${weights.padStart(10)}${ns.toFixed(0).padStart(8)}${bytes.toFixed(2).padStart(8)}`,
      );
    }
  }
}

function measure(picker: Picker, nodes: readonly Node[]): { readonly ns: number; readonly bytes: number } {
  const picks = Math.round(NODE_VISITS / nodes.length / ROUNDS) * 3;
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const startedAt = performance.now();
  for (let i = 0; i < picks; i++) {
    if (picker.pick(nodes, 1, Math.imul(i, 2_654_435_761) >>> 0) === undefined) throw new Error("no node was chosen");
  }
  const ms = performance.now() - startedAt;
  return { ns: (ms * 1e6) / picks, bytes: Math.max(0, process.memoryUsage().heapUsed - heap) / picks };
}
