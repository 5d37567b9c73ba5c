/** `uisge replay`: sends a recording again, and says what is answered otherwise. */
import { type CommandDefinition, minor, type ValuesOf } from "./frame/definition.ts";
import { type TlsFlags, tlsOptions } from "./tls-options.ts";

const options = [
  { name: "to", value: "ADDRESS", summary: "where the requests go", completes: "file" },
  { name: "all", summary: "also methods that change something (not GET, HEAD...)" },
  { name: "only", value: "FILTER", repeats: true, summary: 'METHOD, /path*, or "METHOD /path*"; again for more' },
  { name: "diff", summary: "compare headers and bodies too, but Date, Set-Cookie..." },
  { name: "ignore", value: "HEADER", repeats: true, summary: "a header that may differ; again for more" },
  { name: "concurrency", value: "N", summary: "requests at a time (1; with --rate or --speed 64)" },
  { name: "rate", value: "N", summary: "so many a second" },
  { name: "speed", value: "X", summary: "as recorded, X times faster" },
  { name: "repeat", value: "N", summary: "so many times (1)" },
  { name: "timeout", value: "SECONDS", summary: "for each request (60)" },
  { name: "json", summary: "JSON lines: each difference, the summary last" },
  { name: "quiet", short: "q", summary: "only the summary" },
] as const;

export type ReplayValues = ValuesOf<typeof options> & TlsFlags;

export const definition: CommandDefinition = {
  name: "replay",
  summary: "send a recording again",
  synopsis: ["FILE --to ADDRESS [options]"],
  positionals: [{ name: "FILE", summary: "of uisge record", completes: "file" }],
  options: [...options, ...minor("TLS", tlsOptions)],
  notes: ["Each request goes out as it was recorded; what is answered with another status, or not at all, is printed."],
  examples: ['uisge replay app.rec --to /run/new.sock --diff --only "GET /api/*"'],
  exitCodes: [
    [0, "all is the same"],
    [1, "something is not, or an error"],
    [65, "FILE cannot be read"],
    77,
    [78, "address not valid"],
  ],
  run: async ({ values, positionals: [file = ""] }) => (await import("./replay/run-replay.ts")).runReplay(file, values),
};
