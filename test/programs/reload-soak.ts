/**
 * Reloads under load, by hand: ours, or another manager in the same place.
 *
 *     npm run soak -- [--against uisge,pm2,uwsgi] [--over unix|tcp]
 *         [--reloads 200] [--chain 50] [--upgrades 20] [--requests 300000] [--lanes 8]
 *
 * Says what failed, and how long answers took; the exit code is 1 when a request to ours failed.
 */
import { parseArgs } from "node:util";
import type { Contender } from "../helpers/reloads/contender.ts";
import { startPm2 } from "../helpers/reloads/pm2.ts";
import { storm } from "../helpers/reloads/storm.ts";
import { startUisge } from "../helpers/reloads/uisge.ts";
import { startUwsgiContender } from "../helpers/reloads/uwsgi.ts";

const { values } = parseArgs({
  options: {
    against: { type: "string", default: "uisge,pm2,uwsgi" },
    over: { type: "string", default: "unix" },
    reloads: { type: "string", default: "200" },
    chain: { type: "string", default: "50" },
    upgrades: { type: "string", default: "20" },
    requests: { type: "string", default: "300000" },
    lanes: { type: "string", default: "8" },
    verbose: { type: "boolean", default: false },
  },
});

const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  uisge: () => startUisge({ over: values.over === "tcp" ? "TCP" : "a unix socket" }),
  pm2: () => startPm2(),
  uwsgi: () => startUwsgiContender(),
};

for (const name of values.against.split(",")) {
  const start = contenders[name];
  if (start === undefined) throw new Error(`--against ${name}: there are ${Object.keys(contenders).join(", ")}`);
  // oxlint-disable-next-line eslint/no-await-in-loop -- one at a time
  await soak(await start());
}

async function soak(contender: Contender): Promise<void> {
  await using _ = contender;
  const { requests, failed, examples, p99Ms, mostMs, done, seconds, gaveUp } = await storm(contender, {
    reloads: { graceful: Number(values.reloads), chain: Number(values.chain), upgrade: Number(values.upgrades) },
    requests: Number(values.requests),
    lanes: Number(values.lanes),
    onReload: (text) => {
      if (values.verbose) console.log(text);
    },
  });
  console.log(
    `${contender.name}: ${failed} of ${requests} requests failed in ${done.graceful} reloads, ${done.chain} chain reloads ` +
      `and ${done.upgrade} upgrades (${seconds.toFixed(0)} s), p99 ${p99Ms.toFixed(1)} ms, longest ${mostMs.toFixed(0)} ms`,
  );
  if (gaveUp !== undefined) console.log(`  given up at ${gaveUp}`);
  for (const example of examples) console.log(`  ${example}`);
  if ((failed > 0 || gaveUp !== undefined) && contender.name === "uisge") process.exitCode = 1;
}
