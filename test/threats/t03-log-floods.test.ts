/** T2, T3: whoever reaches the socket can send such packets without end; the log must not fill a disk. */
import test from "ava";
import { loaderVars } from "../../src/environ/index.ts";
import { logServer } from "../../src/log/index.ts";
import { ask, exchange, get } from "../helpers/raw-client.ts";
import { respond, startServer, type TestServer } from "../helpers/test-server.ts";
import { packetOf, varsBlock } from "../helpers/wire.ts";

const PACKETS = 1_000;

/** Sends packets, 20 at a time; the lines of the error log, and how many more they speak of. */
async function flood(
  { server, address }: TestServer,
  packetAt: (position: number) => Uint8Array,
): Promise<{ lines: string[]; told: number }> {
  const lines: string[] = [];
  const stop = logServer(server, { errors: { write: (line: string) => lines.push(line) } });
  for (let sent = 0; sent < PACKETS; sent += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => exchange(address, packetAt(sent + i))));
  }
  stop();
  const held = lines.map((line) => Number(/\((\d+) more held back\)\n$/.exec(line)?.[1] ?? 0));
  return { lines, told: held.reduce((sum, count) => sum + count, lines.length) };
}

/** At most a line a second, and the two at the ends; on a slow machine it takes more seconds. */
function most(startedAt: number): number {
  return 2 + Math.ceil((performance.now() - startedAt) / 1_000);
}

test("T2: 1 000 packets with loader variables write at most a line a second, and the count of all", async (t) => {
  await using server = await startServer(() => respond("served"));
  const names = [...loaderVars];
  const startedAt = performance.now();
  const { lines, told } = await flood(server, (i) => get({ [names[i % names.length] ?? ""]: "/etc/passwd" }));
  t.true(lines.length <= most(startedAt), lines.join(""));
  t.is(told, PACKETS);
  for (const line of lines) t.regex(line, / warn \[\w{32}\] GET \/ of \S+ has UWSGI_\w+, .* probably an attack/);
  t.false(lines.join("").includes("passwd"));
});

test("T3: 1 000 packets of other modifiers write at most a line a second, and the count of all", async (t) => {
  await using server = await startServer(() => respond("served"));
  const startedAt = performance.now();
  const { lines, told } = await flood(server, (i) => packetOf(varsBlock([["a", "b"]]), 1 + (i % 255)));
  t.true(lines.length <= most(startedAt), lines.join(""));
  t.is(told, PACKETS);
  for (const line of lines) t.regex(line, / warn refused \S+, closed: UWSGI_MODIFIER_REFUSED: modifier1 \d+ /);
});

test("T3: a flood of one kind hides no other kind", async (t) => {
  await using server = await startServer(() => {
    throw new Error("seen");
  });
  const { lines } = await flood(server, (i) => (i === 500 ? get() : packetOf(new Uint8Array(0), 17)));
  t.is(lines.filter((line) => line.includes("Error: seen")).length, 1);
  t.is((await ask(server.address)).status, 500);
});
