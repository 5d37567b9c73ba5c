/** What `uisge ping` does: asks, once or again and again, and says what came. */
import { setTimeout as delay } from "node:timers/promises";
import { type Address, type DialTls, formatAddress, parseAddress } from "../../connection/index.ts";
import { ping } from "../../client/index.ts";
import { badOption, readSeconds, readWhole } from "../read-options.ts";
import { isReaderGone, print } from "../standard-streams.ts";
import { readTlsFlags } from "../tls-options.ts";
import type { PingValues } from "../ping-command.ts";

const NOT_ANSWERED = 1;
const WARNED = 2;

/** Resolves with the exit code. */
export async function runPing(to: string, values: PingValues): Promise<number> {
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
