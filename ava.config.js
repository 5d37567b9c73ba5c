import { long } from "./ava.long.js";

/** Tests are compiled first (tsconfig.test.json); AVA runs what came out. */
export default {
  // Those of reliability take minutes and want the machine to themselves: `npm run test:reliability`.
  files: ["build/test/**/*.test.js", "!build/test/reliability/**", ...long.map((file) => `!${file}`)],
  timeout: "60s",
  // Two files at a time: the ones that start servers and programs want a core of their own.
  concurrency: 2,
  // Threads start faster than processes and nothing here needs process.chdir() or signals of its own.
  workerThreads: true,
  // Stack traces name lines of the TypeScript sources.
  nodeArguments: ["--enable-source-maps"],
};
