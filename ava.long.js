/**
 * Long lists that ask real programs, dozens of times each: they are run with the timed checks (`npm run
 * test:reliability`), so that `npm test` stays a matter of minutes. What they are about has short tests beside them.
 */
export const long = [
  "build/test/cli/curl/curl.test.js",
  "build/test/doctor/symptoms.test.js",
  "build/test/interop/requests/requests.test.js",
];
