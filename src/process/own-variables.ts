/** Variables of the environment by which uisge is configured, or speaks to itself. Pure. */

const PREFIX = "UISGE_";

/** Chosen before there are options, and the same for all that belong to a service. */
const KEPT: ReadonlySet<string> = new Set(["UISGE_TRANSPORT"]);

/** What is said to one process of ours by its environment is not said to those that it starts. */
export function withoutOwnVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(PREFIX) || KEPT.has(name)));
}
