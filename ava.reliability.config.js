import { long } from "./ava.long.js";

/** What measures wants the machine to itself; of the long lists two run at a time. Both, one at a time, where files are named. */
const part = process.env["UISGE_RELIABILITY"];

/** The timed checks and the long lists, with time for a soak. */
export default {
  files: [...(part === "long" ? [] : ["build/test/reliability/**/*.test.js"]), ...(part === "timed" ? [] : long)],
  timeout: "10m",
  concurrency: part === "long" ? 2 : 1,
  serial: false,
  // The limit of open files and signals are a process's own.
  workerThreads: false,
  nodeArguments: ["--enable-source-maps"],
};
