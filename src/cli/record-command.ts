/** `uisge record`: stands between a front end and a server, and keeps what passes. */
import { parseArgs } from "node:util";
import { Recorder } from "../capture/index.ts";
import { formatAddress } from "../connection/index.ts";
import { ErrorLog, plainRecord } from "../log/index.ts";
import { uwsgiPass } from "./nginx-hint.ts";
import { badOption, readSeconds, readWhole } from "./read-options.ts";
import { optionTables } from "../config/index.ts";
import { configOf } from "./options/config-of.ts";
import { flagTable } from "./options/flags.ts";
import { serverOptionsOf } from "./options/server-options.ts";
import { StopRequest } from "./stop-request.ts";
import { readTlsFlags } from "./tls-options.ts";

export const usage: string = `uisge record: passes uwsgi traffic on as it is, and keeps it in a file

Usage: uisge record --socket ADDRESS --to ADDRESS --out FILE [options]
  The file has one JSON line for each exchange: packet, body, response, times,
  how it ended. It is appended to, readable for its owner only, and has secrets
  in it. When the disk is full recording stops, and the traffic goes on.

  -s, --socket ADDRESS  where to listen; again for more. --to: where it all goes
  -o, --out FILE        uisge replay reads it, and so does jq
  --redact              hide the values of Cookie, Set-Cookie, Authorization...
  --max-bytes N         kept of each direction of an exchange (1048576)
  --max-file-bytes N    FILE then becomes FILE.1 (268435456)   --keep N (4)
  --max-connections N (1024)          --connect-timeout SECONDS (5)
  --idle-timeout SECONDS (600)        --grace SECONDS (10)
  --chmod-socket MODE   --chown-socket USER[:GROUP]   --recreate-socket
  --allow CIDR   --insecure   as of uisge serve
  --tls-cert FILE --tls-key FILE  to listen on suwsgi://
  --cacert FILE   --cert FILE --key FILE   for --to suwsgi://
  -h, --help

Example:  uisge record -s /run/front.sock --to /run/app.sock -o app.rec
          then in nginx: uwsgi_pass unix:/run/front.sock;
Exit codes: 0 stopped, 1 by an error, 64 usage, 65 FILE is something else,
69 in use, 73 cannot listen, 77 no permission, 78 address not valid.
`;

/** As of `uisge serve`. */
const listenFlags = flagTable(
  optionTables.serve.filter(({ name }) =>
    [
      "chmod-socket",
      "chown-socket",
      "recreate-socket",
      "allow",
      "insecure",
      "tls-cert",
      "tls-key",
      "tls-ca",
      "max-connections",
      "grace",
    ].includes(name),
  ),
);

const ownFlags = {
  socket: { type: "string", short: "s", multiple: true },
  to: { type: "string" },
  out: { type: "string", short: "o" },
  redact: { type: "boolean" },
  "max-bytes": { type: "string" },
  "max-file-bytes": { type: "string" },
  keep: { type: "string" },
  "connect-timeout": { type: "string" },
  "idle-timeout": { type: "string" },
  cacert: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
} as const;

/** Resolves with the exit code when it was stopped; rejects when it could not start. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { ...listenFlags, ...ownFlags } });
  const { socket, to, out } = values;
  if (socket === undefined || to === undefined || out === undefined) {
    throw badOption("record needs --socket ADDRESS, --to ADDRESS and --out FILE");
  }
  const log = new ErrorLog(process.stderr, "text");
  const say = (text: string): void => log.write(plainRecord("info", "cli", text));
  const { maxConnections, graceMs, ...listening } = serverOptionsOf(configOf(values, "serve"));
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
  await stop.made;
  await recorder.close();
  const { connections, notConnected } = recorder.counts;
  const { written, lost } = recorder.recorded;
  say(`stopped: ${connections} connections, ${notConnected} not connected, ${written} recorded, ${lost} lost`);
  return stop.exitCode;
}

/** Without what is not given: that would hide defaults. */
function given<Given extends Readonly<Record<string, number | undefined>>>(
  all: Given,
): { [Name in keyof Given]?: number } {
  const entries = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Given]?: number };
}
