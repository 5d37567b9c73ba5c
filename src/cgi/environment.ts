/** The environment of the process as latin-1 strings: every character one byte. */
import { readFileSync } from "node:fs";
import { decodeUtf8, encodeUtf8, parseTarget } from "../environ/index.ts";
import { ProtocolError } from "../errors.ts";

/** What the kernel keeps of the environment that a process was started with; Linux and NetBSD have it. */
const RAW = "/proc/self/environ";

/** What stands where bytes were that are not UTF-8. */
const LOST = "\u{fffd}";

/**
 * All variables, values as latin-1.
 *
 * Node reads the environment as UTF-8 and loses what is none. Lost bytes are read from the kernel's copy, `raw`
 * (name=value, a NUL behind each; default `/proc/self/environ` where there is one). Where there is none, PATH_INFO is
 * decoded anew from REQUEST_URI, when it can be told that it is the same path; what else is lost stays U+FFFD, as
 * UTF-8.
 */
export function readEnvironment(
  env: NodeJS.ProcessEnv = process.env,
  raw: () => Uint8Array | undefined = readRaw,
): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  let copies: ReadonlyMap<string, string> | undefined;
  for (const [name, text = ""] of Object.entries(env)) {
    let value = encodeUtf8(text);
    if (text.includes(LOST)) {
      copies ??= readPairs(raw());
      const copy = copies.get(name) ?? (name === "PATH_INFO" ? pathOfTarget(env) : undefined);
      // Only what says the same: the program may have set it meanwhile.
      if (copy !== undefined && decodeUtf8(copy) === text) value = copy;
    }
    pairs.push([name, value]);
  }
  return pairs;
}

function readRaw(): Uint8Array | undefined {
  try {
    return readFileSync(RAW);
  } catch {
    // Not on this system, or not to be read by this user.
    return undefined;
  }
}

function readPairs(raw: Uint8Array | undefined): ReadonlyMap<string, string> {
  const text = raw === undefined ? "" : Buffer.from(raw).toString("latin1");
  return new Map(
    text.split("\0").map((pair) => {
      const mark = pair.indexOf("=");
      return [pair.slice(0, mark), pair.slice(mark + 1)];
    }),
  );
}

/** The path of REQUEST_URI without SCRIPT_NAME. */
function pathOfTarget({ REQUEST_URI: target = "", SCRIPT_NAME: script = "" }: NodeJS.ProcessEnv): string | undefined {
  try {
    const { path } = parseTarget(target);
    const prefix = encodeUtf8(script);
    return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
