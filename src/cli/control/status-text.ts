/** What `uisge status` prints of a manager. Pure. */
import type { ManagerStatus, WorkerStatus } from "../../manager/index.ts";
import { type Column, shortBytes, shortTime, tableOf, visible } from "./columns.ts";

const columns: readonly Column[] = [
  { title: "ID", align: "right" },
  { title: "PID", align: "right" },
  { title: "GEN", align: "right" },
  { title: "STATE", align: "left" },
  { title: "SINCE", align: "right" },
  { title: "REQUESTS", align: "right" },
  { title: "RUN", align: "right" },
  { title: "MEMORY", align: "right" },
  { title: "BUSY", align: "right" },
  { title: "", align: "left" },
];

/** A line for the manager, where it listens, what went wrong, and a table of its workers, which fits 80 columns. */
export function statusText(status: ManagerStatus): string {
  const { name, pid, state, generation, processes, uptimeMs, rss, version } = status;
  const workers = processes === 1 ? "1 worker" : `${processes} workers`;
  const about = [
    `${name} (${pid}) ${state}, generation ${generation}, ${workers}, for ${shortTime(uptimeMs)}, master ${shortBytes(rss)}, uisge ${version}`,
    `serves ${status.application}`,
    ...status.addresses.map((address) => `listens on ${address}`),
    ...(status.failures === 0
      ? []
      : [`failures in a row: ${status.failures}, next start in ${shortTime(status.delayMs)}`]),
    ...(status.lastFailure === undefined ? [] : [`last reload failed: ${status.lastFailure}`]),
  ];
  const head = about.map((line) => `${visible(line)}\n`).join("");
  return status.workers.length === 0 ? `${head}no workers\n` : head + tableOf(columns, status.workers.map(rowOf));
}

function rowOf(worker: WorkerStatus): string[] {
  const { id, pid, generation, state, uptimeMs, requests, running, rss, busyness, wantsOut = "" } = worker;
  return [
    String(id),
    String(pid),
    String(generation),
    state,
    shortTime(uptimeMs),
    String(requests),
    String(running),
    rss === 0 ? "-" : shortBytes(rss),
    rss === 0 ? "-" : `${Math.round(busyness * 100)}%`,
    wantsOut,
  ];
}
