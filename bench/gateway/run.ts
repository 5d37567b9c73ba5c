/**
 * What a front end costs: microseconds of its processor time for each request, the same server of ours behind all of
 * them. They take turns in each round; ratios are taken round by round, to nginx for what speaks HTTP, to uWSGI's
 * fastrouter for what routes uwsgi, then the median and the quartiles of these.
 *
 *     run.js [--rounds N] [--seconds N] [NAME ...]
 *
 * What is shorter than the default, or about some fronts only, is not kept.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../../test/helpers/front-end-process.ts";
import { type Application, applicationNamed, bytesOf } from "../applications/applications.ts";
import { uisgeBackends } from "../backends/uisge.ts";
import { BackendProcess } from "../load/backend-process.ts";
import { exitOnSignals } from "../load/end-with-us.ts";
import { runWrk } from "../load/run-wrk.ts";
import { cpuUs } from "../load/usage.ts";
import { faultOf, wrkScript } from "../load/wrk.ts";
import { machine } from "../machine.ts";
import { type Spread, spreadOf } from "../report/statistics.ts";
import { send } from "../../test/helpers/http-client.ts";
import { asBackend, type Front, fronts, nginxCommand } from "./fronts.ts";
import { BACKLOG, HTTP_CONNECTIONS } from "./load.ts";

const RESULTS = new URL("../../../bench/results/gateway.json", import.meta.url);
const QUESTIONS = ["hello", "json", "download-64k"];
const DEFAULT_ROUNDS = 5;
const DEFAULT_SECONDS = 2;
const WARM_UP_SECONDS = 2;

interface Running {
  readonly front: Front;
  /** Whose time is counted. */
  readonly process: BackendProcess;
  /** Where HTTP is spoken. */
  readonly port: number;
  readonly cpuUs: number[];
  readonly requestsPerSecond: number[];
}

interface Row {
  readonly front: string;
  readonly cpuUs: Spread;
  readonly requestsPerSecond: Spread;
  /** CPU time beside the yardstick of its kind. */
  readonly ratio: Spread;
  readonly beside: string;
}

exitOnSignals();
const { values, positionals } = parseArgs({
  options: { rounds: { type: "string" }, seconds: { type: "string" } },
  allowPositionals: true,
});
const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
const asked = fronts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const folder = mkdtempSync(join(tmpdir(), "gateway-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const server = uisgeBackends.find(({ name }) => name === "uisge-direct");
if (server === undefined) throw new Error("our server is not among the backends");
const to = join(folder, "server.sock");
await BackendProcess.start(server, { socket: to, folder, backlog: BACKLOG });
const running: Running[] = [];
for (const front of asked) running.push(await startFront(front));
const answers: { question: string; rows: Row[] }[] = [];
for (const question of QUESTIONS) answers.push({ question, rows: await ask(applicationNamed(question)) });
const { cpu, cores, os, node } = machine();
console.log(`${cpu}, ${cores} cores, ${os}, Node ${node}; medians and quartiles of ${rounds} rounds of ${seconds} s`);
for (const { question, rows } of answers) {
  console.log(`\n${question}`);
  for (const row of rows) console.log(lineOf(row));
}
if (positionals.length === 0 && rounds >= DEFAULT_ROUNDS && seconds >= DEFAULT_SECONDS) {
  const kept = { date: new Date().toISOString(), cpu, cores, os, node, rounds, seconds, answers };
  writeFileSync(RESULTS, `${JSON.stringify(kept, undefined, 2)}\n`);
}
process.exit();

async function startFront(front: Front): Promise<Running> {
  const port = await freePort();
  const start = { socket: `127.0.0.1:${port}`, folder, backlog: BACKLOG };
  const process = await BackendProcess.start(asBackend(front, to), start);
  const counted = { front, process, cpuUs: [], requestsPerSecond: [] };
  if (front.spoken === "http") return { ...counted, port };
  const httpPort = await freePort();
  const nginx: Front = { ...front, name: `nginx-${front.name}`, command: (place) => nginxCommand(place, start.socket) };
  await BackendProcess.start(asBackend(nginx, to), { ...start, socket: `127.0.0.1:${httpPort}` });
  return { ...counted, port: httpPort };
}

async function ask(application: Application): Promise<Row[]> {
  const script = join(folder, "load.lua");
  writeFileSync(script, wrkScript(application));
  for (const one of running) {
    one.cpuUs.length = 0;
    one.requestsPerSecond.length = 0;
    await check(one, application);
    await load(one, application, script, WARM_UP_SECONDS);
  }
  for (let round = 0; round < rounds; round++) {
    for (const one of round % 2 === 0 ? running : running.toReversed()) {
      const before = cpuUs(one.process.pids);
      const { requests, durationUs } = await load(one, application, script, seconds);
      one.cpuUs.push((cpuUs(one.process.pids) - before) / requests);
      one.requestsPerSecond.push((1e6 * requests) / durationUs);
    }
  }
  return running.map((one) => {
    const beside = one.front.spoken === "http" ? "nginx" : "fastrouter";
    const yardstick = running.find(({ front }) => front.name === beside)?.cpuUs ?? [];
    return {
      front: one.front.title,
      cpuUs: spreadOf(one.cpuUs),
      requestsPerSecond: spreadOf(one.requestsPerSecond),
      ratio: spreadOf(one.cpuUs.map((us, i) => us / (yardstick[i] ?? Number.NaN))),
      beside,
    };
  });
}

/** A fast wrong answer is no result. */
async function check({ front, port }: Running, { method, target, headers, body, answer }: Application): Promise<void> {
  const own = body === undefined ? {} : { body: bytesOf(body) };
  const got = await send({ port, method, path: target, headers, ...own });
  if (got.status !== 200 || !got.body.equals(bytesOf(answer))) {
    throw new Error(`${front.title} answers ${target} with ${got.status} and ${got.body.length} bytes`);
  }
}

async function load(
  { front, port }: Running,
  { target, answer }: Application,
  script: string,
  forSeconds: number,
): Promise<{ requests: number; durationUs: number }> {
  const url = `http://127.0.0.1:${port}${target}`;
  const report = await runWrk(script, { url, connections: HTTP_CONNECTIONS, seconds: forSeconds });
  const fault = faultOf(report, bytesOf(answer).length);
  if (fault !== undefined) throw new Error(`${front.title}, ${url}: ${fault}`);
  return report;
}

function lineOf({ front, cpuUs: us, requestsPerSecond, ratio, beside }: Row): string {
  const range = ({ low, high }: Spread, digits: number): string =>
    `(${low.toFixed(digits)} to ${high.toFixed(digits)})`;
  return (
    `  ${front.padEnd(22)}${us.median.toFixed(1).padStart(8)} us ${range(us, 1).padEnd(18)}` +
    `${ratio.median.toFixed(2).padStart(6)} times ${beside} ${range(ratio, 2).padEnd(16)}` +
    `${requestsPerSecond.median.toFixed(0).padStart(8)} requests/s`
  );
}
