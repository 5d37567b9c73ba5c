/** `--watch`, which may stand alone. */
import { statSync } from "node:fs";

/**
 * `--watch` alone means the folder of the application; a folder may stand behind it. `parseArgs` knows no option that may
 * have a value: it is given one here, empty where there is none.
 */
export function withWatchFolders(args: readonly string[]): string[] {
  return args.flatMap((argument, at) => {
    if (args[at - 1] === "--watch" && isFolder(argument)) return [];
    if (argument !== "--watch") return [argument];
    const next = args[at + 1] ?? "";
    return [`--watch=${isFolder(next) ? next : ""}`];
  });
}

function isFolder(path: string): boolean {
  return path !== "" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
