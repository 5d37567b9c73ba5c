/** What wrk is told and what it tells: the script, the arguments, the report. Pure; `run-wrk.ts` runs it. */
import type { Application } from "../applications/applications.ts";

export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface WrkReport {
  readonly durationUs: number;
  readonly requests: number;
  /** Heads included. */
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly errors: {
    readonly connect: number;
    readonly read: number;
    readonly write: number;
    /** Answers with a status above 399. */
    readonly status: number;
    readonly timeout: number;
  };
}

/** Begins the line of the report. */
const MARK = "side-by-side ";

/** The Lua script that sends this application's request and prints the report as JSON. */
export function wrkScript({ method, headers, body }: Pick<Application, "method" | "headers" | "body">): string {
  const lines = [`wrk.method = ${luaString(method)}`];
  for (const [name, value] of headers) lines.push(`wrk.headers[${luaString(name)}] = ${luaString(value)}`);
  if (typeof body === "string") lines.push(`wrk.body = ${luaString(body)}`);
  if (typeof body === "number") lines.push(`wrk.body = string.rep("x", ${body})`);
  return `${lines.join("\n")}
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '${MARK}{"durationUs":%d,"requests":%d,"bytes":%d,"p50Us":%d,"p99Us":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\\n',
    summary.duration, summary.requests, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
`;
}

export function wrkArguments(script: string, { url, connections, seconds }: WrkLoad): string[] {
  // A late answer is a figure, not an error.
  return ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "--latency", "-s", script, url];
}

/** Reads what wrk has printed. Throws when there is no report. */
export function parseWrk(output: string): WrkReport {
  const line = output.split("\n").find((text) => text.startsWith(MARK));
  if (line === undefined) throw new Error(`wrk has printed no report:\n${output}`);
  return JSON.parse(line.slice(MARK.length)) as WrkReport;
}

/** Why a run cannot be used, or undefined: errors, no answers, or answers that were too short. */
export function faultOf({ requests, bytes, errors }: WrkReport, answerBytes: number): string | undefined {
  const failed = Object.entries(errors).filter(([, count]) => count > 0);
  if (failed.length > 0) return `errors: ${failed.map(([kind, count]) => `${count} ${kind}`).join(", ")}`;
  if (requests === 0) return "no request was answered";
  if (bytes < requests * answerBytes) return `${bytes} bytes for ${requests} answers of ${answerBytes} bytes`;
  return undefined;
}

/** A Lua literal; strings of Lua hold bytes. */
function luaString(text: string): string {
  return `"${text.replaceAll(/[^ !#-[\]-~]/g, (character) => `\\${String(character.charCodeAt(0)).padStart(3, "0")}`)}"`;
}
