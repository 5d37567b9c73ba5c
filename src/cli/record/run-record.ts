/** What `uisge record` does: stands between a front end and a server, and keeps what passes. */
import { Recorder } from "../../capture/index.ts";
import { formatAddress } from "../../connection/index.ts";
import { ErrorLog, plainRecord } from "../../log/index.ts";
import { uwsgiPass } from "../nginx-hint.ts";
import { badOption, readSeconds, readWhole } from "../read-options.ts";
import { ProgressLine } from "../frame/progress-line.ts";
import type { RecordValues } from "../record-command.ts";
import { configOf } from "../options/config-of.ts";
import type { FlagValues } from "../options/flags.ts";
import { serverOptionsOf } from "../options/server-options.ts";
import { StopRequest } from "../stop-request.ts";
import { readTlsFlags } from "../tls-options.ts";

/** `flags`: the same, as the tables of options are read. Resolves with the exit code when it was stopped; rejects when it could not start. */
export async function runRecord(values: RecordValues, flags: FlagValues): Promise<number> {
  const { socket, to, out } = values;
  if (socket === undefined || to === undefined || out === undefined) {
    throw badOption("record needs --socket ADDRESS, --to ADDRESS and --out FILE");
  }
  const progress = new ProgressLine();
  const log = new ErrorLog(progress.isShown ? above(progress) : process.stderr, "text");
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  const { maxConnections, graceMs, ...listening } = serverOptionsOf(configOf(flags, "serve"));
  const stop = new StopRequest(log);
  const recorder = await Recorder.start({
    ...listening,
    ...given({
      maxConnections,
      graceMs,
      maxExchangeBytes: readWhole("--max-bytes", values["max-bytes"]),
      maxFileBytes: readWhole("--max-file-bytes", values["max-file-bytes"]),
      keepFiles: readWhole("--keep", values.keep, 0, 1_000),
      connectTimeoutMs: readSeconds("--connect-timeout", values["connect-timeout"]),
      idleTimeoutMs: readSeconds("--idle-timeout", values["idle-timeout"]),
    }),
    socket,
    to,
    toTls: readTlsFlags(values),
    file: out,
    redact: values.redact === true,
    onNotice: (text) => log.write(plainRecord("warn", "cli", text)),
  });
  for (const address of recorder.addresses) {
    const pass = uwsgiPass(address);
    const hint = pass === undefined ? "" : `  nginx: uwsgi_pass ${pass};`;
    say(`recording from ${formatAddress(address)} to ${to}, in ${out}${hint}`);
  }
  const end = progress.follow((seconds) => {
    const { written, lost } = recorder.recorded;
    return `${written} recorded${lost === 0 ? "" : `, ${lost} lost`}, ${seconds} s`;
  });
  await stop.made;
  end();
  await recorder.close();
  const { connections, notConnected } = recorder.counts;
  const { written, lost } = recorder.recorded;
  say(`stopped: ${connections} connections, ${notConnected} not connected, ${written} recorded, ${lost} lost`);
  return stop.exitCode;
}

/** Standard error, for lines that take the place of the progress. */
function above(progress: ProgressLine): { write(line: string): unknown } {
  // The terminal may go away.
  process.stderr.on("error", () => {});
  return {
    write: (line) => {
      progress.clear();
      return process.stderr.write(line);
    },
  };
}

/** Without what is not given: that would hide defaults. */
function given<Given extends Readonly<Record<string, number | undefined>>>(
  all: Given,
): { [Name in keyof Given]?: number } {
  const entries = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Given]?: number };
}
