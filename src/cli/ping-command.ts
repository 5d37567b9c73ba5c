/** `uisge ping`: is a server alive? */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Address, type DialTls, formatAddress, parseAddress } from "../connection/index.ts";
import { ping } from "../client/index.ts";
import { badOption, readSeconds, readWhole } from "./read-options.ts";
import { isReaderGone, print } from "./standard-streams.ts";
import { readTlsFlags, tlsFlags } from "./tls-options.ts";

export const usage: string = `uisge ping: asks a uwsgi server whether it is alive

Usage: uisge ping ADDRESS [options]
  Sends packet 100, which ours and uWSGI's (with its plugin "ping") answer, and
  prints the time that the answer took, and the warning in it if there is one.
  ADDRESS: a path, host:port, [ipv6]:port, @name; with suwsgi:// for TLS.

  -c, --count N         pings, one after the other (1); 0: until stopped
  -i, --interval SECONDS   between two of them (1)
  --timeout SECONDS     for each, connecting included (3, as uwsgi --ping)
  --strict              a warning is a failure: exit code 2, as uwsgi --ping
  -q, --quiet           print nothing, the exit code says it
  --json                one JSON object a line for each ping
  -k, --insecure        do not check the server's certificate
  --cacert FILE         who may have signed it; --cert FILE --key FILE: ours
  -h, --help

Example, a probe of Kubernetes:
  exec: { command: ["uisge", "ping", "-q", "/run/app.sock"] }
Exit codes: 0 all pings were answered, 1 one was not, 2 (--strict) there was a
warning, 64 usage, 78 address not valid.
`;

const options = {
  count: { type: "string", short: "c" },
  interval: { type: "string", short: "i" },
  timeout: { type: "string" },
  strict: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  json: { type: "boolean" },
  ...tlsFlags,
} as const;

const NOT_ANSWERED = 1;
const WARNED = 2;

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [to, ...more] = positionals;
  if (to === undefined || more.length > 0) throw badOption(`ping takes one address; got ${positionals.length}`);
  const address = parseAddress(to);
  if (address.kind === "fd") throw badOption(`${to}: an inherited socket can be listened on, not connected to`);
  const count = readWhole("--count", values.count) ?? 1;
  const last = count === 0 ? Number.POSITIVE_INFINITY : count;
  const intervalMs = readSeconds("--interval", values.interval) ?? 1_000;
  const timeoutMs = readSeconds("--timeout", values.timeout) ?? 3_000;
  const tls = readTlsFlags(values);
  const report = values.quiet === true ? undefined : values.json === true ? jsonLine : textLine;
  let exitCode = 0;
  for (let i = 1; i <= last; i++) {
    if (i > 1) await delay(intervalMs);
    const result = await ask(address, timeoutMs, tls);
    if (!result.alive) exitCode = NOT_ANSWERED;
    else if (result.warning !== "" && values.strict === true && exitCode === 0) exitCode = WARNED;
    if (report === undefined) continue;
    try {
      await print(`${report(formatAddress(address), result)}\n`);
    } catch (error) {
      if (isReaderGone(error)) return exitCode;
      throw error;
    }
  }
  return exitCode;
}

type Result =
  | { readonly alive: true; readonly ms: number; readonly warning: string }
  | { readonly alive: false; readonly error: string; readonly code: string };

async function ask(address: Address, timeoutMs: number, tls: DialTls): Promise<Result> {
  try {
    const { roundTripMs, warning } = await ping(address, { timeoutMs, tls });
    return { alive: true, ms: roundTripMs, warning };
  } catch (error) {
    const { message, code = "" } = error as Error & { code?: string };
    return { alive: false, error: message, code };
  }
}

function textLine(name: string, result: Result): string {
  if (!result.alive) return `${name}: not alive: ${result.error} (${result.code})`;
  const warning = result.warning === "" ? "" : `, warning: ${visible(result.warning)}`;
  return `${name}: alive, ${result.ms.toFixed(2)} ms${warning}`;
}

function jsonLine(address: string, result: Result): string {
  return JSON.stringify({ address, ...result, ...("ms" in result ? { ms: Number(result.ms.toFixed(3)) } : {}) });
}

/** Without what a terminal would obey. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, ".");
}
