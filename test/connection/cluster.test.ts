/** Listening in the workers of a cluster, and in threads, on every transport. */
import cluster from "node:cluster";
import test from "ava";
import { type Address, parseAddress } from "../../src/connection/index.ts";
import { Child } from "../helpers/child.ts";
import { program } from "../helpers/measured-server.ts";
import { needs } from "../helpers/needs.ts";
import { exchange } from "../helpers/raw-client.ts";
import { socketOptionsOf } from "../helpers/socket-options.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { carriers, connectPair } from "../helpers/transport-pair.ts";

const options = { noDelay: true, keepAlive: true, keepAliveSeconds: 60 };

const perlTest = needs("perl");

interface Told {
  readonly who: string;
  readonly carrier: string;
}

/** What the program of two workers answers to so many connections, one after the other. */
async function askCluster(how: string, carrier: string, address: string, count: number): Promise<Told[]> {
  await using child = new Child([program("cluster-server"), how, carrier, address]);
  const [line] = await child.printed("stdout", /^.*\n/);
  const listening: Address = parseAddress(line.trim());
  const told: Told[] = [];
  for (let i = 0; i < count; i++) told.push(await tell(listening));
  // Its workers end with their channel.
  return told;
}

async function tell(address: Address): Promise<Told> {
  const { bytes } = await exchange(address, "");
  return JSON.parse(Buffer.from(bytes).toString()) as Told;
}

for (const carrier of carriers) {
  perlTest.serial(`TCP connections are sent at once, and probed when they are silent, ${carrier}`, async (t) => {
    await using pair = await connectPair("tcp", carrier);
    t.deepEqual(socketOptionsOf(pair.transport), options);
  });

  perlTest.serial(
    `workers to whom their cluster deals connections have them by ${carrier}, with all options`,
    async (t) => {
      const told = await askCluster("rr", carrier, "127.0.0.1:0", 10);
      t.is(new Set(told.map(({ who }) => who)).size, 2);
      for (const { who, ...about } of told) t.deepEqual(about, { carrier, ...options }, who);
    },
  );

  perlTest.serial(
    `workers that accept from a shared socket have connections by ${carrier}, with all options`,
    async (t) => {
      const told = await askCluster("none", carrier, "127.0.0.1:0", 10);
      for (const { who, ...about } of told) t.deepEqual(about, { carrier, ...options }, who);
    },
  );
}

for (const how of ["rr", "none"]) {
  test.serial(
    `F17: of two workers of a cluster one gets the path of a unix socket, the other is told, ${how}`,
    async (t) => {
      using folder = tempFolder();
      await using child = new Child([program("cluster-server"), how, "direct", folder.file("s")]);
      const [lines] = await child.printed("stdout", /^.*\n.*\n/);
      const line = lines.split("\n").find((text) => text.startsWith("error")) ?? lines;
      t.regex(line, /^error: cannot listen on .*: somebody answers there already/);
      t.is((await tell(parseAddress(folder.file("s")))).carrier, "direct");
    },
  );

  test.serial(
    `T5: nobody else may connect to the unix socket of a cluster's worker before it has its mode, ${how}`,
    async (t) => {
      using folder = tempFolder();
      const primary = `
      import cluster from "node:cluster";
      cluster.schedulingPolicy = ${how === "rr" ? cluster.SCHED_RR : cluster.SCHED_NONE};
      cluster.setupPrimary({ exec: process.argv[1], args: process.argv.slice(2), execArgv: [] });
      process.umask(0);
      cluster.fork();
      setTimeout(() => process.exit(1), 30_000).unref();
    `;
      await using child = new Child(["--input-type=module", "-e", primary, program("listen"), folder.file("s")]);
      const [line] = await child.printed("stdout", /^.*\n/);
      t.like(JSON.parse(line), { modesBefore: [0o600], modeAtOnce: 0o660, modesSeen: [0o660] });
    },
  );
}

test.serial("servers in several threads of a process each have connections of their own", async (t) => {
  using folder = tempFolder();
  await using child = new Child([program("cluster-server"), "threads", "direct", folder.file("s%")]);
  const [lines] = await child.printed("stdout", /^.*\n.*\n/);
  const addresses = lines.trim().split("\n").map(parseAddress);
  const told = await Promise.all(
    addresses.flatMap((address) => Array.from({ length: 50 }, async () => await tell(address))),
  );
  t.is(told.length, 100);
  t.is(new Set(told.map(({ who }) => who)).size, 2);
  t.true(told.every(({ carrier }) => carrier === "direct"));
});
