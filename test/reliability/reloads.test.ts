import { needs } from "../helpers/needs.ts";
import { storm } from "../helpers/reloads/storm.ts";
import { startUisge } from "../helpers/reloads/uisge.ts";

const nginxTest = needs("nginx");

for (const over of ["a unix socket", "TCP"] as const) {
  nginxTest.serial(`F3: 10 reloads, 3 chain reloads and 2 upgrades under load lose nothing, ${over}`, async (t) => {
    await using manager = await startUisge({ over });
    const pidBefore = (await manager.status()).pid;
    const reloads = { graceful: 10, chain: 3, upgrade: 2 };
    const result = await storm(manager, { reloads, requests: 15_000, lanes: 8 });
    t.log(`${result.requests} requests, p99 ${result.p99Ms.toFixed(1)} ms, longest ${result.mostMs.toFixed(0)} ms`);
    t.deepEqual({ failed: result.failed, examples: result.examples }, { failed: 0, examples: [] });
    t.is(result.gaveUp, undefined);
    t.deepEqual(result.done, reloads);
    t.true(result.requests >= 15_000);
    const { workers, pid } = await manager.status();
    t.not(pid, pidBefore);
    t.deepEqual(
      workers.map(({ id, state }) => [id, state]),
      [
        [1, "ready"],
        [2, "ready"],
      ],
    );
  });

  nginxTest.serial(`F28: workers that are replaced after 100 requests lose none of 10 000, ${over}`, async (t) => {
    await using manager = await startUisge({ over, flags: ["--max-requests", "100"] });
    const result = await storm(manager, {
      reloads: { graceful: 0, chain: 0, upgrade: 0 },
      requests: 10_000,
      lanes: 8,
    });
    t.log(`${result.requests} requests, ${result.pids} processes`);
    t.deepEqual({ failed: result.failed, examples: result.examples }, { failed: 0, examples: [] });
    t.true(result.pids >= 5, `${result.pids} processes answered`);
  });
}
