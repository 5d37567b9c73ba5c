/** Measures the memory that a connection takes of which nothing has come: without nginx, for it would open none. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { BackendProcess } from "../load/backend-process.ts";
import { placeOf } from "../load/place.ts";
import { memory } from "../load/usage.ts";
import { type Figures, type Row, rowsOf } from "../report/results.ts";
import type { Effort } from "./ask-load.ts";
import type { Contestant } from "./contestant.ts";
import type { IdleQuestion } from "./questions.ts";

/** Connections made and closed again before, so that what the first ones cost once is not counted. */
const WARM_UP_CONNECTIONS = 500;

/** So many are opened at a time: fewer than any backlog. */
const AT_A_TIME = 250;

/** Longest wait until a backend has accepted, or closed, what it should. */
const SETTLE_MS = 30_000;

/** About as long takes one measurement, for the progress. */
export const IDLE_SECONDS = 6;

/** Rounds of fresh processes, contestants in turn. */
export async function askIdle(
  question: IdleQuestion,
  contestants: readonly Contestant[],
  connections: number,
  effort: Effort,
): Promise<Row[]> {
  const field = contestants.map((contestant) => ({ contestant, rounds: [] as Figures[] }));
  for (let round = 1; round <= effort.rounds; round++) {
    for (const { contestant, rounds } of field) {
      effort.progress.say(`${question.name}, round ${round} of ${effort.rounds}, ${contestant.title}`);
      rounds.push(await measure(contestant, connections, effort));
      effort.progress.done(IDLE_SECONDS);
    }
  }
  return rowsOf(
    `${connections} connections`,
    field.map(({ contestant: { key, title }, rounds }) => ({ contestant: key, title, rounds })),
  );
}

async function measure({ backend, socket }: Contestant, connections: number, effort: Effort): Promise<Figures> {
  const server = await BackendProcess.start(backend, { ...effort, socket, idle: true });
  try {
    const idleFiles = await steadyFiles(server);
    cut(await open(server, socket, WARM_UP_CONNECTIONS));
    await settled(server, (files) => files <= idleFiles);
    await server.collectGarbage();
    const before = memory(server.pids).rssBytes;
    const held = await open(server, socket, connections);
    await server.collectGarbage();
    const { rssBytes } = memory(server.pids);
    // A server that has cut some of them would look thrifty.
    if (openFiles(server) < idleFiles + connections) throw new Error(`${backend.title} closes idle connections`);
    cut(held);
    return { bytesPerConnection: (rssBytes - before) / connections, rssMb: rssBytes / 1e6 };
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

/** Opens connections no faster than the server accepts them: the queue of a unix socket refuses what is too much. */
async function open(server: BackendProcess, address: string, count: number): Promise<Socket[]> {
  const filesBefore = openFiles(server);
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(AT_A_TIME, count - sockets.length) }, () => connectTo(address));
    await Promise.all(some.map((socket) => once(socket, "connect")));
    sockets.push(...some);
    await settled(server, (files) => files >= filesBefore + sockets.length);
  }
  return sockets;
}

function connectTo(address: string): Socket {
  // Who waits for the connection is told; later on it is the number of open files that tells.
  return connect(placeOf(address)).on("error", () => {});
}

function cut(sockets: readonly Socket[]): void {
  for (const socket of sockets) {
    // A reset leaves no port in TIME_WAIT; unix sockets know none.
    if (socket.remoteAddress === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }
}

async function settled(server: BackendProcess, holds: (files: number) => boolean): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  while (!holds(openFiles(server))) {
    if (performance.now() > deadline) throw new Error(`the backend has ${openFiles(server)} open files`);
    await delay(5);
  }
}

/** Open files of a server that was just started: the connection that found out whether it accepts is closing. */
async function steadyFiles(server: BackendProcess): Promise<number> {
  for (;;) {
    const files = openFiles(server);
    await delay(100);
    if (openFiles(server) === files) return files;
  }
}

function openFiles({ pids }: BackendProcess): number {
  return readdirSync(`/proc/${pids[0] ?? 0}/fd`).length;
}
