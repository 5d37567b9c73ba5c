/** Our server: one backend for each transport, and for each interface that applications have. */
import type { Backend, BackendPlace } from "./backend.ts";
import { interfaceTitles } from "./interface-titles.ts";
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
  ...(["node", "express", "fetch"] as const).map((name) => ({
    name: `uisge-${name}`,
    title: `uisge, direct, ${interfaceTitles[name]}`,
    protocol: "uwsgi" as const,
    over: ["unix"] as const,
    optional: true,
    runsApplications: false,
    command: (place: BackendPlace) => nodeProgram("uisge", place, { transport: "direct", interface: name }),
  })),
];
