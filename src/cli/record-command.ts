/** `uisge record`: stands between a front end and a server, and keeps what passes. */
import { optionTables } from "../config/index.ts";
import { type CommandDefinition, type CommandOption, minor, type ValuesOf } from "./frame/definition.ts";
import { commandOptionsOf } from "./options/command-options.ts";
import { type TlsFlags, tlsOptions } from "./tls-options.ts";

const own = [
  {
    name: "socket",
    short: "s",
    value: "ADDRESS",
    repeats: true,
    completes: "file",
    summary: "where to listen; again for more",
  },
  { name: "to", value: "ADDRESS", completes: "file", summary: "where it all goes" },
  { name: "out", short: "o", value: "FILE", completes: "file", summary: "uisge replay reads it, and so does jq" },
  { name: "redact", summary: "hide the values of Cookie, Set-Cookie, Authorization..." },
  { name: "max-bytes", value: "N", summary: "kept of each direction of an exchange (1048576)" },
  { name: "max-file-bytes", value: "N", summary: "FILE then becomes FILE.1 (268435456)" },
  { name: "keep", value: "N", summary: "so many of these (4)" },
  { name: "max-connections", value: "N", summary: "at a time (1024)" },
  { name: "connect-timeout", value: "SECONDS", summary: "for --to (5)" },
  { name: "idle-timeout", value: "SECONDS", summary: "without a byte (600)" },
  { name: "grace", value: "SECONDS", summary: "for what runs at the end (10)" },
] as const;

/** As of `uisge serve`. */
const listening: ReadonlySet<string> = new Set([
  "chmod-socket",
  "chown-socket",
  "recreate-socket",
  "allow",
  "insecure",
  "tls-cert",
  "tls-key",
  "tls-ca",
]);

/** For the other side; `--insecure` has another meaning here. */
const toTls: readonly CommandOption[] = tlsOptions.filter(({ name }) => name !== "insecure");

export type RecordValues = ValuesOf<typeof own> & Omit<TlsFlags, "insecure">;

export const definition: CommandDefinition = {
  name: "record",
  summary: "keep what passes to a server",
  synopsis: ["--socket ADDRESS --to ADDRESS --out FILE [options]"],
  options: [
    ...own,
    ...minor("listening", commandOptionsOf(optionTables.serve.filter(({ name }) => listening.has(name)))),
    ...minor("TLS", toTls),
  ],
  notes: [
    "The file has one JSON line for each exchange: packet, body, response, times, how it ended. It is appended to, readable for its owner only, and has secrets in it. When the disk is full recording stops, and the traffic goes on.",
    "For the example, nginx has: uwsgi_pass unix:/run/front.sock;",
  ],
  examples: ["uisge record -s /run/front.sock --to /run/app.sock -o app.rec"],
  exitCodes: [
    [0, "stopped"],
    [65, "FILE is something else"],
    [69, "in use"],
    [73, "cannot listen"],
    77,
    [78, "address not valid"],
  ],
  run: async ({ values }) => (await import("./record/run-record.ts")).runRecord(values, values),
};
