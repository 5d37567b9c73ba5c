/**
 * Long lists that ask real programs, dozens of times each, what waits for the seconds of another program's clock, and what
 * measures memory: they are run with the timed checks (`npm run test:reliability`), so that `npm test` stays a matter of
 * minutes. What they are about has short tests beside them.
 */
export const long = [
  "build/test/cli/curl/curl.test.js",
  // Frameworks by the command: beside it app/load, app/listen, cli/cli and cli/listening.
  "build/test/cli/run-unchanged.test.js",
  // Beside it client/dispatcher/undici.
  "build/test/client/dispatcher/memory.test.js",
  // Frameworks behind nginx: beside it app/node, app/fetch and interop/nginx-node-handlers.
  "build/test/compatibility/*.test.js",
  "build/test/doctor/symptoms.test.js",
  "build/test/interop/requests/requests.test.js",
  // Beside it upstream/subscription.
  "build/test/interop/subscription.test.js",
  // npm packs and installs: beside it architecture and readme.
  "build/test/package.test.js",
];
