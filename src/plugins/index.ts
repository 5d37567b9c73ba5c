/**
 * What answers packets other than requests, one file for each modifier1.
 *
 * `ping.ts` (100) is the pattern. Not here: requests (modifier1 0), which are `httpPlugin` in `server`.
 */
export { pingPlugin, type PingOptions } from "./ping.ts";
