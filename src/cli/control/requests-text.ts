/** What `uisge requests` prints. Pure. */
import type { WorkerRequest } from "../../manager/index.ts";
import { type Column, shortTime, tableOf } from "./columns.ts";
import { visible } from "../frame/visible.ts";

const columns: readonly Column[] = [
  { title: "ID", align: "right" },
  { title: "PID", align: "right" },
  { title: "FOR", align: "right" },
  { title: "CLIENT", align: "left" },
  { title: "REQUEST", align: "left" },
];

/** Characters of a request's line; a longer one is cut. */
const MOST_SHOWN = 40;

/** A table, the oldest first, which fits 80 columns for clients by IPv4. */
export function requestsText(requests: readonly WorkerRequest[], more: number): string {
  const oldest = requests.toSorted((a, b) => b.ms - a.ms);
  const rest = more === 0 ? "" : `and ${more} more\n`;
  return requests.length === 0 ? "no request runs\n" : tableOf(columns, oldest.map(rowOf)) + rest;
}

function rowOf({ worker, pid, ms, remote, method, path }: WorkerRequest): string[] {
  const line = visible(`${method} ${path}`);
  const shown = line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN - 3)}...` : line;
  return [String(worker), String(pid), shortTime(ms), remote === "" ? "-" : remote, shown];
}
