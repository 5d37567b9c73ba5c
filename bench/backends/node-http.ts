/** node:http behind `proxy_pass`: what a user would take instead. */
import type { Backend } from "./backend.ts";
import { nodeProgram } from "./node-program.ts";

export const nodeHttpBackends: readonly Backend[] = [
  {
    name: "node-http",
    title: "node:http, keep-alive",
    protocol: "http-keep-alive",
    over: ["unix", "tcp"],
    optional: false,
    runsApplications: true,
    command: (place) => nodeProgram("node-http", place),
  },
  {
    name: "node-fetch",
    title: "node:http, keep-alive, fetch handler by @hono/node-server",
    protocol: "http-keep-alive",
    over: ["unix"],
    optional: false,
    runsApplications: true,
    command: (place) => nodeProgram("node-fetch", place),
  },
  {
    name: "node-http-close",
    title: "node:http, one request per connection",
    protocol: "http",
    over: ["unix"],
    optional: false,
    runsApplications: true,
    command: (place) => nodeProgram("node-http", place),
  },
];
