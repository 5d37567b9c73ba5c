import { long } from "./ava.long.js";

/** The timed checks: one at a time, for they measure, and with time for a soak. */
export default {
  files: ["build/test/reliability/**/*.test.js", ...long],
  timeout: "10m",
  concurrency: 1,
  serial: false,
  // The limit of open files and signals are a process's own.
  workerThreads: false,
  nodeArguments: ["--enable-source-maps"],
};
