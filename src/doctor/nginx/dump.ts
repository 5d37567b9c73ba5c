/**
 * What `nginx -T` prints: all files, each behind a line with its path.
 *
 *     nginx: the configuration file /etc/nginx/nginx.conf syntax is ok     (on standard error)
 *     # configuration file /etc/nginx/nginx.conf:
 */
import { posix } from "node:path";
import { ConfigError } from "../../errors.ts";
import type { Files } from "./configuration.ts";
import { matchesGlob } from "./glob.ts";
import { Source } from "./source.ts";

const MARKER = /^# configuration file (.+):\r?$/gm;

/** True for what `nginx -T` has printed; what nginx says on standard error may stand before it. */
export function isDump(text: string): boolean {
  for (const line of text.split("\n", 1_000)) {
    if (/^# configuration file .+:\r?$/.test(line)) return true;
    if (line.trim() !== "" && !line.startsWith("nginx: ")) return false;
  }
  return false;
}

/** The main file and all others. Lines count from each marker, as they do in the file. */
export function readDump(text: string): { readonly main: Source; readonly files: Files } {
  const markers = [...text.matchAll(MARKER)];
  const sources = new Map<string, Source>();
  for (const [i, marker] of markers.entries()) {
    const path = marker[1] ?? "";
    const end = markers[i + 1]?.index ?? text.length;
    // nginx puts a line feed behind each file.
    const content = text.slice(marker.index + marker[0].length + 1, end).replace(/\n$/, "");
    if (!sources.has(path)) sources.set(path, new Source(path, content));
  }
  const [main] = sources.values();
  if (main === undefined) {
    throw new ConfigError("this is not what nginx -T prints: no line names a configuration file", {
      code: "UWSGI_BAD_CONFIGURATION",
    });
  }
  const folder = posix.dirname(main.path);
  const paths = [...sources.keys()].sort();
  const files: Files = {
    find: (pattern) => {
      const whole = posix.resolve(folder, pattern);
      return /[*?[]/.test(whole) ? paths.filter((path) => matchesGlob(whole, path)) : [whole];
    },
    read: (path) => sources.get(path),
  };
  return { main, files };
}
