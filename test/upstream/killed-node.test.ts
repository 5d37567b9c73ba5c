/** One of three servers is killed under load, and comes back. */
import test from "ava";
import { Upstream } from "../../src/upstream/index.ts";
import { NodeProcess } from "../helpers/node-process.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { bodyOf, Changes, request, textOf } from "../helpers/upstream-nodes.ts";

/** How often an answer came from each. */
type Tally = Map<string, number>;

/** `lanes` requests at a time until `isOver`; every answer is checked. */
async function load(upstream: Upstream, lanes: number, tally: Tally, isOver: () => boolean): Promise<string[]> {
  const lost: string[] = [];
  const lane = async (number: number): Promise<void> => {
    for (let i = 0; !isOver(); i++) {
      const method = ["GET", "PUT", "DELETE"][i % 3] as string;
      const hasBody = method === "PUT";
      const vars = { REQUEST_METHOD: method, PATH_INFO: i % 4 === number % 4 ? "/slow" : "/" };
      const body = { [Symbol.asyncIterator]: () => bodyOf("12", "345")[Symbol.asyncIterator]() };
      const asked = hasBody
        ? request({ ...vars, CONTENT_LENGTH: "5" }, { body, isBodyReplayable: true })
        : request(vars);
      try {
        const text = await textOf(await upstream.send(asked));
        const [name = "", bytes] = text.split(" ");
        if (bytes !== (hasBody ? "5" : "0")) lost.push(`${method}: ${text}`);
        tally.set(name, (tally.get(name) ?? 0) + 1);
      } catch (error) {
        lost.push(`${method}: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return lost;
}

/** A key of its own for each request: hash mode spreads them. */
let counter = 0;

for (const balance of ["round-robin", "least-connections", "uri-hash"] as const) {
  test.serial(
    `${balance}: of three nodes one is killed under load and no idempotent request is lost; it returns and takes load again`,
    async (t) => {
      using folder = tempFolder();
      const changes = new Changes(t);
      const sockets = ["a", "b", "c"].map((name) => folder.file(name));
      const [killed = ""] = sockets;
      await using first = new NodeProcess(killed);
      await using second = new NodeProcess(sockets[1] as string);
      await using third = new NodeProcess(sockets[2] as string);
      await Promise.all([first, second, third].map((one) => one.listening()));
      await using upstream = new Upstream({
        nodes: sockets.map((address) => ({ address, failTimeoutMs: 100 })),
        balance: balance === "uri-hash" ? { hash: () => String(counter++) } : balance,
        slowStartMs: 200,
      });
      const tally: Tally = new Map();
      let isOver = false;
      const loading = load(upstream, 8, tally, () => isOver);
      const enough = async (name: string, more: number): Promise<void> => {
        const goal = (tally.get(name) ?? 0) + more;
        while ((tally.get(name) ?? 0) < goal) await new Promise(setImmediate);
      };
      await enough(killed, 50);
      await first.kill();
      await changes.until(upstream, `${killed} down`);
      await enough(sockets[1] as string, 50);
      changes.all.length = 0;
      await using again = new NodeProcess(killed);
      await again.listening();
      await changes.until(upstream, `${killed} up`);
      await enough(killed, 50);
      isOver = true;
      t.deepEqual(await loading, []);
      t.true((upstream.nodes[0]?.failures ?? 0) > 0);
      t.deepEqual(
        upstream.nodes.map(({ state, inFlight }) => [state, inFlight]),
        sockets.map(() => ["up", 0]),
      );
    },
  );
}
