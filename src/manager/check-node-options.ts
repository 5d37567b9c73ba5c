/**
 * Options of node that run code at its start: in a worker that begins as root, and gives that up in our first lines, they
 * would run it as root. Pure.
 */
import { typeError } from "../errors.ts";
import type { ManagerOptions } from "./options.ts";

const runsCode: ReadonlySet<string> = new Set([
  "-r",
  "--require",
  "--import",
  "--loader",
  "--experimental-loader",
  // They load libraries, state, or options such as these.
  "--openssl-config",
  "--snapshot-blob",
  "--experimental-config-file",
  "--experimental-default-config-file",
  "--env-file",
  "--env-file-if-exists",
]);

/** The first of such options, as it is written; undefined where there is none. */
export function codeOption(options: readonly string[]): string | undefined {
  return options
    .map((option) => option.replace(/=.*$/s, ""))
    .find((name) => runsCode.has(name.startsWith("--") ? name.replaceAll("_", "-") : name));
}

/** The same in the variable NODE_OPTIONS of an environment. */
export function codeOptionIn({
  NODE_OPTIONS: text = "",
}: Readonly<Record<string, string | undefined>>): string | undefined {
  return codeOption(text.split(/[\s"]+/));
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for one where workers shall have another user. */
export function checkNodeOptions(options: Pick<ManagerOptions, "uid" | "nodeOptions" | "env" | "workerEnv">): void {
  const { uid, nodeOptions = [], env = {}, workerEnv = {} } = options;
  if (uid === undefined) return;
  const places = [
    ["nodeOptions", codeOption(nodeOptions)],
    ...[env, ...Object.values(workerEnv)].map((one) => ["NODE_OPTIONS of env", codeOptionIn(one)] as const),
  ] as const;
  for (const [place, option] of places) {
    if (option === undefined) continue;
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `${place} has ${option}, which node obeys before a worker is user ${uid}: what shall be imported first is preload ` +
        "(--import MODULE)",
    );
  }
}
