/** `uisge ping`: is a server alive? */
import type { CommandDefinition, ValuesOf } from "./frame/definition.ts";
import { type TlsFlags, tlsOptions } from "./tls-options.ts";

const options = [
  { name: "count", short: "c", value: "N", summary: "pings, one after the other (1); 0: until stopped" },
  { name: "interval", short: "i", value: "SECONDS", summary: "between two of them (1)" },
  { name: "timeout", value: "SECONDS", summary: "for each, connecting included (3, as uwsgi --ping)" },
  { name: "strict", summary: "a warning is a failure: exit code 2, as uwsgi --ping" },
  { name: "quiet", short: "q", summary: "print nothing, the exit code says it" },
  { name: "json", summary: "one JSON object a line for each ping" },
] as const;

export type PingValues = ValuesOf<typeof options> & TlsFlags;

export const definition: CommandDefinition = {
  name: "ping",
  summary: "ask a server whether it is alive",
  synopsis: ["ADDRESS [options]"],
  positionals: [
    {
      name: "ADDRESS",
      summary: "a path, host:port, [ipv6]:port, @name, suwsgi://...",
      completes: "file",
    },
  ],
  options: [...options, ...tlsOptions],
  notes: [
    'Sends packet 100, which ours and uWSGI\'s (with its plugin "ping") answer, and prints the time that the answer took, and the warning in it if there is one.',
    'In Kubernetes: exec: { command: ["uisge", "ping", "-q", "/run/app.sock"] }',
  ],
  examples: ["uisge ping /run/app.sock", "uisge ping -c 0 -i 5 --json 127.0.0.1:3031"],
  exitCodes: [
    [0, "all pings were answered"],
    [1, "one was not"],
    [2, "(--strict) there was a warning"],
    [78, "address not valid"],
  ],
  run: async ({ values, positionals: [to = ""] }) => (await import("./ping/run-ping.ts")).runPing(to, values),
};
