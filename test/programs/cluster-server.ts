/**
 * Listens in two workers of a cluster, or in two threads, and tells of each connection:
 *
 *     node cluster-server.js rr|none|threads TRANSPORT ADDRESS
 *
 * Prints for each the address where it listens, or `error: ` and why it does not, once all have tried. `%` in the
 * address is the number of the thread. Each connection is answered with JSON: who has taken it, by what, and the
 * options of its socket. TERM ends it.
 */
import cluster from "node:cluster";
import { isMainThread, threadId, Worker } from "node:worker_threads";
import { formatAddress, listen, type ListenOptions, parseAddress, type Transport } from "../../src/connection/index.ts";
import { socketOptionsOf } from "../helpers/socket-options.ts";
import { carrierOf, TransportLog } from "../helpers/transport-pair.ts";

const WORKERS = 2;
const [, , how = "", transport = "", address = ""] = process.argv;

async function serve(): Promise<string> {
  const options = { transport } as ListenOptions;
  const who = `${process.pid}.${threadId}`;
  const listener = await listen(
    parseAddress(address.replace("%", String(threadId))),
    (accepted: Transport) => {
      accepted.attach(new TransportLog());
      const isTcp = listener.address.kind === "tcp";
      const about = { who, carrier: carrierOf(accepted), ...(isTcp ? socketOptionsOf(accepted) : {}) };
      accepted.write(JSON.stringify(about));
      accepted.end();
    },
    options,
  );
  return formatAddress(listener.address);
}

function print(line: string): void {
  console.log(line);
}

async function serveAndTell(tell: (line: string) => void): Promise<void> {
  try {
    tell(await serve());
  } catch (error) {
    tell(`error: ${(error as Error).message}`);
  }
}

function startAll(): void {
  const listening: string[] = [];
  const onListening = (line: string): void => {
    listening.push(line);
    if (listening.length === WORKERS) print(listening.join("\n"));
  };
  for (let i = 0; i < WORKERS; i++) {
    if (how === "threads")
      new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }).on("message", onListening);
    else cluster.fork().on("message", onListening);
  }
}

if (how === "threads" && !isMainThread) await serveAndTell(print);
else if (cluster.isWorker) await serveAndTell((line) => void process.send?.(line));
else {
  cluster.schedulingPolicy = how === "rr" ? cluster.SCHED_RR : cluster.SCHED_NONE;
  process.once("SIGTERM", () => process.exit());
  startAll();
}
