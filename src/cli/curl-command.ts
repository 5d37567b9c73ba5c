/** `uisge curl`: asks a uwsgi socket a question, with the options, the output and the exit codes of curl. */
import { flags, valued } from "./curl/flags.ts";
import type { CommandDefinition, CommandOption } from "./frame/definition.ts";

/** Options as they are in help: those of no group, then group by group. */
const all: readonly CommandOption[] = [...valued, ...flags].filter(({ name }) => name !== "help");
const groups = [undefined, "data", "request", "output", "packet", "TLS", "nothing"];

export const definition: CommandDefinition = {
  name: "curl",
  summary: "ask a socket what curl asks a server",
  synopsis: ["ADDRESS [PATH|URL] [options]"],
  positionals: [
    {
      name: "ADDRESS",
      summary: "a path, host:port, [ipv6]:port, @name, suwsgi://...",
      completes: "file",
    },
    { name: "PATH|URL", summary: "of a URL the application sees host and scheme (/)", isOptional: true },
  ],
  options: groups.flatMap((name) => all.filter(({ group }) => group === name)),
  examples: [`uisge curl /run/app.sock /api/things -i --json '{"a":1}'`],
  exitCodes: [
    [0, "done"],
    [2, "usage"],
    [3, "path"],
    [6, "name not found"],
    [7, "cannot connect"],
    [8, "no valid response"],
    [18, "cut off"],
    [22, "by -f"],
    [23, "cannot write"],
    [26, "cannot read"],
    [28, "too slow"],
    [47, "too many redirects"],
    [52, "no answer"],
    [56, "reset"],
    [60, "untrusted"],
  ],
  readsArguments: true,
  run: async ({ rest }) => {
    const { tellHelp } = await import("./frame/run-definition.ts");
    return (await import("./curl/run-curl.ts")).runCurl(rest, (group) => tellHelp(definition, group));
  },
};
