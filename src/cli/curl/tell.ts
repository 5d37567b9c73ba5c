/** What `-v`, `--timing` and `-i` show, as text. Pure. */
import type { Response } from "../../client/index.ts";
import { modifiers } from "../../codec/index.ts";
import type { HopRequest, HopTimes } from "./hop.ts";

/** The packet header and the vars, in the order in which they go out. */
export function showRequest({ vars, modifier1, modifier2, body }: HopRequest, packetBytes: number): string {
  const family = modifiers.get(modifier1)?.name ?? "unassigned";
  const lines = [
    `packet: modifier1 ${modifier1} (${family}), datasize ${packetBytes - 4}, modifier2 ${modifier2}`,
    ...vars.map(([name, value]) => `${name}=${value}`),
    "",
    ...(body === undefined ? [] : [`body: ${body.length} bytes`]),
  ];
  return lines.map((line) => `> ${visible(line)}\n`).join("");
}

export function showResponse(response: Response): string {
  return headText(response)
    .split("\r\n")
    .slice(0, -1)
    .map((line) => `< ${visible(line)}\n`)
    .join("");
}

/** The head as HTTP writes it, whatever form it came in; latin-1. */
export function headText({ status, reason, headers }: Response): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join("")}\r\n`;
}

/** For a person: `--timing`. */
export function showTiming({ connectMs, firstByteMs }: HopTimes, totalMs: number, downloaded: number): string {
  const row = (name: string, ms: number | undefined): string =>
    `${name.padEnd(12)}${ms === undefined ? "-".padStart(12) : `${ms.toFixed(2).padStart(9)} ms`}\n`;
  const rate = totalMs > 0 ? downloaded / 1_048_576 / (totalMs / 1_000) : 0;
  return (
    row("connected", connectMs) +
    row("first byte", firstByteMs) +
    row("complete", totalMs) +
    `${"body".padEnd(12)}${String(downloaded).padStart(9)} bytes, ${rate.toFixed(1)} MiB/s\n`
  );
}

/** Without what a terminal would obey. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, ".");
}
