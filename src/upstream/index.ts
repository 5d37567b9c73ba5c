/**
 * Several servers as one: balance, health, retries, names that are resolved again and again.
 *
 * Read first: `upstream.ts` (what there is from outside) and `sending.ts` (one request through the nodes). What decides
 * is pure: `pool.ts` (who comes, goes, is up or down), `node.ts`, `picker.ts` and `choosers.ts` (whom of those that can
 * be asked), `failures.ts` and `retry-budget.ts` (whom else, and what is left at the end). What acts: `health-checks.ts`,
 * `resolution.ts`, `leased-body.ts` (in flight until the body has ended).
 * Not here: one request on one connection (`client`), HTTP in front (`gateway`).
 */
export { type ActiveHealth, defaultActiveHealth } from "./health-checks.ts";
export type { NodeInit } from "./node-init.ts";
export type { NodeView } from "./node-view.ts";
export type { Balance, RetryOptions, UpstreamOptions } from "./options.ts";
export { parseNode } from "./parse-node.ts";
export { defaultResolve, type Lookup, type ResolveOptions } from "./resolution.ts";
export type { BudgetOptions } from "./retry-budget.ts";
export { Upstream } from "./upstream.ts";
