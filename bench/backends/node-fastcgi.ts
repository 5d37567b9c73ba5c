/** The npm package node-fastcgi behind `fastcgi_pass`. */
import type { Backend } from "./backend.ts";
import { nodeProgram } from "./node-program.ts";

export const nodeFastcgi: Backend = {
  name: "node-fastcgi",
  title: "node-fastcgi",
  protocol: "fastcgi",
  over: ["unix"],
  optional: true,
  runsApplications: true,
  command: (place) => nodeProgram("node-fastcgi", place),
};
