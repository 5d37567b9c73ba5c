/** `uisge import`: what another program's configuration is here. */
import type { CommandDefinition, Parsed } from "./frame/definition.ts";
import { FORMATS, importFile, KINDS } from "./import/import-file.ts";
import { print } from "./standard-streams.ts";

export const definition: CommandDefinition = {
  name: "import",
  summary: "make a configuration of uWSGI's, PM2's, gunicorn's or Unit's ours",
  synopsis: ["[OPTION...] FILE"],
  positionals: [{ name: "FILE", summary: "what is imported; - is standard input", completes: "file" }],
  options: [
    {
      name: "from",
      value: "PROGRAM",
      choices: KINDS,
      summary: "whose FILE is, where its name and content do not tell",
    },
    {
      name: "to",
      value: "FORMAT",
      choices: FORMATS,
      summary: "ini or yaml (ini, where it can hold all)",
    },
    {
      name: "output",
      short: "o",
      value: "PATH",
      completes: "file",
      summary: "a file, or a folder where there are several",
    },
    { name: "force", summary: "over files that are there" },
    { name: "json", summary: "the report and the options as one JSON object" },
    {
      name: "application",
      value: "APP",
      completes: "file",
      summary: "the application, where FILE names one of another language",
    },
    { name: "socket", value: "ADDRESS", summary: "where it listens; %n is its name" },
    { name: "env", value: "NAME", summary: "PM2: env_NAME is meant, too" },
    { name: "section", value: "NAME", summary: "uWSGI: the section of FILE (uwsgi)" },
  ],
  notes: [
    "The configuration goes to standard output, or to files that only their owner may read; the report to standard error: a row for each thing that FILE says. What needs attention is to be done by somebody.",
    "An ecosystem file that is a program is run, as PM2 runs it. A gunicorn.conf.py is never run: what is no data in it is named.",
  ],
  examples: [
    "uisge import uwsgi.ini --application app.js --output app.ini",
    "uisge import ecosystem.config.js --env production --output /etc/uisge/vassals/",
    "curl -s --unix-socket /run/unit.sock http://unit/config | uisge import -",
  ],
  exitCodes: [
    [0, "all of it is ours now"],
    [1, "the same, and something needs attention"],
    [65, "FILE cannot be read as what it is"],
    [66, "there is no FILE"],
  ],
  run: runImport,
};

async function runImport(parsed: Parsed): Promise<number> {
  const { code, out, report } = await importFile(parsed);
  if (report !== "") process.stderr.write(report);
  if (out !== "") await print(out);
  return code;
}
