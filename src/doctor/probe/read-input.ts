/** Where a configuration comes from: nginx itself, a file, or a text. The only part that reads configurations from disk. */
import { execFile } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, readSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { ConfigError, errorCode } from "../../errors.ts";
import { type Block, type Files, readConfiguration } from "../nginx/configuration.ts";
import { isDump, readDump } from "../nginx/dump.ts";
import { matchesName } from "../nginx/glob.ts";
import { Source } from "../nginx/source.ts";
import { stockLines, STOCK } from "../rules/params.ts";

/** Most bytes of one file, or of what `nginx -T` prints; real ones have some hundred KB at most. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Of all included files together. */
const MOST_BYTES_IN_ALL = 64 * 1024 * 1024;
const PIECE_BYTES = 65_536;
/** Most files that one pattern may mean. */
const MOST_FILES = 10_000;
const NGINX_MS = 30_000;

/**
 * Reads a configuration: what `nginx -T` has printed, or the text of a main file (of a part of one). `path`: what the
 * text is called in findings. `folder`: where relative includes count from. Throws a ConfigError
 * (`UWSGI_BAD_CONFIGURATION`) that says file and line.
 */
export function readText(text: string, path: string, folder: string): Block {
  if (isDump(text)) {
    const { main, files } = readDump(text);
    return readConfiguration(main, files);
  }
  return readConfiguration(new Source(path, text), filesOnDisk(folder));
}

/** Reads a file and what it includes. Throws a ConfigError (`UWSGI_NO_CONFIGURATION`, `UWSGI_BAD_CONFIGURATION`). */
export function readFile(path: string, folder: string = dirname(resolve(path))): Block {
  let text: string;
  try {
    text = readBounded(path, MOST_BYTES);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = errorCode(error);
    if (code === "EISDIR") throw noInput(`${path} is a folder: a file in it is needed, such as nginx.conf`, error);
    throw noInput(`cannot read ${path}: ${code ?? String(error)}`, error);
  }
  return readText(text, path, folder);
}

/**
 * Asks nginx for its configuration (`nginx -T`), which needs the rights to read certificates and logs that are named in it.
 * Rejects with a ConfigError: `UWSGI_BAD_CONFIGURATION` with nginx's own words, `UWSGI_NO_CONFIGURATION` where nginx
 * cannot be run.
 */
export async function askNginx(binary: string): Promise<Block> {
  let output: { readonly stdout: string };
  try {
    const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin` };
    output = await promisify(execFile)(binary, ["-T"], { maxBuffer: MOST_BYTES, timeout: NGINX_MS, env });
  } catch (error) {
    const stderr = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr) : "";
    const words = stderr
      .split("\n")
      .filter((line) => /\[(?:emerg|alert|crit|error)\]/.test(line))
      .join("\n");
    if (/ in .+:\d+$/m.test(words)) throw new ConfigError(words, { code: "UWSGI_BAD_CONFIGURATION", cause: error });
    throw noInput(`${binary} -T failed: ${words || (error instanceof Error ? error.message : String(error))}`, error);
  }
  return readText(output.stdout, "nginx -T", "/");
}

function filesOnDisk(folder: string): Files {
  /** Each is read once, however often it is included. */
  const known = new Map<string, Source | undefined>();
  let leftBytes = MOST_BYTES_IN_ALL;
  const read = (path: string): Source | undefined => {
    try {
      // Not to wait at a pipe that nobody writes to.
      const text = readBounded(path, Math.min(MOST_BYTES, leftBytes), constants.O_RDONLY | constants.O_NONBLOCK);
      leftBytes -= text.length;
      return new Source(path, text);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      // On another machine than nginx's: its own file is known by heart.
      return /(?:^|\/)uwsgi_params$/.test(path) ? new Source(path, stockLines(STOCK.keys())) : undefined;
    }
  };
  return {
    find: (pattern) => {
      const whole = resolve(folder, pattern);
      return /[*?[]/.test(whole) ? matchesOnDisk(whole) : [whole];
    },
    read: (path) => {
      if (!known.has(path)) known.set(path, read(path));
      return known.get(path);
    },
  };
}

/** The files that a pattern means, sorted as glob(3) does; its parts are looked up one folder after the other. */
function matchesOnDisk(pattern: string): readonly string[] {
  let found: string[] = ["/"];
  for (const part of pattern.split("/").filter((name) => name !== "")) {
    found = found.flatMap((folder) => {
      if (!/[*?[]/.test(part)) return [resolve(folder, part)];
      return namesIn(folder)
        .filter((name) => matchesName(part, name))
        .map((name) => resolve(folder, name));
    });
    if (found.length > MOST_FILES) {
      throw new ConfigError(`include ${pattern}: more than ${MOST_FILES} files`, { code: "UWSGI_BAD_CONFIGURATION" });
    }
  }
  return found.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true).sort();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // No folder, or none of ours: nothing matches, as for nginx.
    return [];
  }
}

/** At most `mostBytes`, of whatever is no plain file too: a device, or a pipe, says nothing of its size. */
function readBounded(path: string, mostBytes: number, flags = constants.O_RDONLY): string {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const fd = openSync(path, flags);
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const read = readSync(fd, piece);
      if (read === 0) break;
      bytes += read;
      if (bytes > mostBytes) {
        throw new ConfigError(`${path} has more than ${mostBytes} bytes, which is the most that is read`, {
          code: "UWSGI_BAD_CONFIGURATION",
        });
      }
      pieces.push(piece.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function noInput(message: string, cause: unknown): ConfigError {
  return new ConfigError(message, { code: "UWSGI_NO_CONFIGURATION", cause });
}
