/** The applications of the grid: one row each. */
import { join } from "node:path";
import { projectRoot } from "../helpers/project.ts";

export interface Row {
  readonly name: string;
  /** Absolute path of what `node` runs on one side. */
  readonly onNode: string;
  /** Absolute path of what `uisge serve` runs on the other side. */
  readonly onUwsgi: string;
  /** What of ours it runs on: what was found out of the module. */
  readonly by: "listen hook" | "fetch handler";
  /** Cells that do not apply. */
  readonly without?: readonly string[];
}

const folder = join(projectRoot, "test/compatibility/applications");

export const rows: readonly Row[] = [
  server("node:http", "http.js"),
  server("Express 5", "express.js"),
  server("Koa 3", "koa.js"),
  server("Fastify 5", "fastify.js"),
  server("Hono 4, @hono/node-server", "hono-server.js"),
  handler("Hono 4", "hono.js", "hono-server.js"),
  { ...server("h3 2, srvx", "h3-server.js"), without: ["WebSocket"] },
  handler("h3 2", "h3.js", "h3-server.js"),
];

/** A program that listens by itself. */
function server(name: string, file: string): Row {
  return { name, onNode: join(folder, file), onUwsgi: join(folder, file), by: "listen hook" };
}

/** A module that exports an object with `fetch`; `onNode` puts it on node:http. */
function handler(name: string, file: string, onNode: string): Row {
  return {
    name,
    onNode: join(folder, onNode),
    onUwsgi: join(folder, file),
    by: "fetch handler",
    without: ["WebSocket"],
  };
}
