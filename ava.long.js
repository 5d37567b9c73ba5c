/**
 * Long lists that ask real programs, dozens of times each, and what waits for the seconds of another program's clock:
 * they are run with the timed checks (`npm run test:reliability`), so that `npm test` stays a matter of
 * minutes. What they are about has short tests beside them.
 */
export const long = [
  "build/test/cli/curl/curl.test.js",
  // Frameworks by the command: beside it app/load, app/listen, cli/cli and cli/listening.
  "build/test/cli/run-unchanged.test.js",
  // Frameworks behind nginx: beside it app/node, app/fetch and interop/nginx-node-handlers.
  "build/test/compatibility/*.test.js",
  // Two masters and what commands them: beside it config/sources.
  "build/test/config/read-again.test.js",
  "build/test/doctor/symptoms.test.js",
  "build/test/interop/requests/requests.test.js",
  // Beside it upstream/subscription.
  "build/test/interop/subscription.test.js",
  // Web servers that start programs, some dozens of times: beside it cgi/run-with-cgi.
  "build/test/interop/cgi.test.js",
  // Faults that need seconds: beside them manager/manage, manager/manage-faults, manager/plan.
  "build/test/manager/{manage-faults-long,manage-upgrade}.test.js",
  // npm packs and installs: beside it architecture and readme.
  "build/test/package.test.js",
];
