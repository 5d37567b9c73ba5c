/** Our server: one backend for each transport, and for each interface that applications have. */
import type { Backend } from "./backend.ts";
import { nodeProgram } from "./node-program.ts";

export const uisgeBackends: readonly Backend[] = [
  {
    name: "uisge-net",
    title: "uisge, net",
    protocol: "uwsgi",
    over: ["unix", "tcp"],
    optional: false,
    runsApplications: true,
    command: (place) => nodeProgram("uisge", place, { transport: "net", interface: "wsgi" }),
  },
  {
    name: "uisge-direct",
    title: "uisge, direct",
    protocol: "uwsgi",
    over: ["unix", "tcp"],
    optional: true,
    runsApplications: true,
    command: (place) => nodeProgram("uisge", place, { transport: "direct", interface: "wsgi" }),
  },
  {
    name: "uisge-fetch",
    title: "uisge, direct, fetch handler",
    protocol: "uwsgi",
    over: ["unix"],
    optional: true,
    runsApplications: true,
    command: (place) => nodeProgram("uisge", place, { transport: "direct", interface: "fetch" }),
  },
];
