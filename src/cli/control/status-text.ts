/** What `uisge status` prints of a manager. Pure. */
import type { ManagerStatus, WorkerStatus } from "../../manager/index.ts";
import { plain, type Style } from "../frame/style.ts";
import { type Column, shortBytes, shortTime, tableOf } from "./columns.ts";
import { visible } from "../frame/visible.ts";

const columnsIn = (style: Style): readonly Column[] => [
  { title: "ID", align: "right" },
  { title: "PID", align: "right" },
  { title: "GEN", align: "right" },
  { title: "STATE", align: "left", paint: (state) => stateIn(style, state) },
  { title: "SINCE", align: "right" },
  { title: "REQUESTS", align: "right" },
  { title: "RUN", align: "right" },
  { title: "MEMORY", align: "right" },
  { title: "BUSY", align: "right" },
  { title: "", align: "left" },
];

/** A line for the manager, where it listens, what went wrong, and a table of its workers, which fits 80 columns. */
export function statusText(status: ManagerStatus, style: Style = plain): string {
  const { name, pid, state, generation, processes, uptimeMs, rss, version } = status;
  const workers = processes === 1 ? "1 worker" : `${processes} workers`;
  const how = `generation ${generation}, ${workers}, for ${shortTime(uptimeMs)}, master ${shortBytes(rss)}, uisge ${version}`;
  const about = [
    `${style.bold(visible(name))} (${pid}) ${stateIn(style, visible(state))}, ${visible(how)}`,
    visible(`serves ${status.application}`),
    ...status.addresses.map((address) => visible(`listens on ${address}`)),
    ...(status.failures === 0
      ? []
      : [`failures in a row: ${status.failures}, next start in ${shortTime(status.delayMs)}`]),
    ...(status.lastFailure === undefined ? [] : [`${style.red("last reload failed:")} ${visible(status.lastFailure)}`]),
  ];
  const head = about.map((line) => `${line}\n`).join("");
  return status.workers.length === 0
    ? `${head}no workers\n`
    : head + tableOf(columnsIn(style), status.workers.map(rowOf));
}

/** As it should be, or on its way. */
function stateIn(style: Style, state: string): string {
  return state === "ready" || state === "running" ? style.green(state) : style.yellow(state);
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
