/** node:http behind `proxy_pass`: what a user would take instead. */
import type { Backend, BackendPlace } from "./backend.ts";
import { interfaceTitles } from "./interface-titles.ts";
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
    name: "node-http-close",
    title: "node:http, one request per connection",
    protocol: "http",
    over: ["unix"],
    optional: false,
    runsApplications: true,
    command: (place) => nodeProgram("node-http", place),
  },
  ...(["express", "fetch"] as const).map((name) => ({
    name: `node-http-${name}`,
    title: `node:http, keep-alive, ${interfaceTitles[name]}`,
    protocol: "http-keep-alive" as const,
    over: ["unix"] as const,
    optional: false,
    runsApplications: false,
    command: (place: BackendPlace) => nodeProgram("node-http", place, { interface: name }),
  })),
];
