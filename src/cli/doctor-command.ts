/** `uisge doctor`: says what is wrong between nginx and an application. */
import type { CommandDefinition, ValuesOf } from "./frame/definition.ts";

const options = [
  { name: "nginx", value: "BINARY", completes: "file", summary: "which nginx is asked (nginx)" },
  { name: "prefix", value: "DIR", completes: "folder", summary: "where relative includes count from (FILE's folder)" },
  { name: "socket", value: "ADDRESS", completes: "file", summary: "of the application: is it asked, is it well?" },
  {
    name: "probe",
    summary: "look at all sockets that are named: file, owner, mode, who answers (the default without FILE)",
  },
  { name: "no-probe", summary: "do not (the default with FILE)" },
  { name: "user", value: "NAME", summary: "whom nginx runs as, where nothing tells" },
  { name: "max-body-bytes", value: "N", summary: "what the application takes" },
  { name: "answer-seconds", value: "S", summary: "how long it may think before the first byte" },
  { name: "streams", summary: "its answers and uploads are to go piece by piece" },
  { name: "ignore", value: "ID", repeats: true, summary: "leaves a finding out; again for more" },
  { name: "strict", summary: "warnings count as errors do; hints never do" },
  { name: "json", summary: "one JSON object, for programs" },
] as const;

export type DoctorValues = ValuesOf<typeof options>;

export const definition: CommandDefinition = {
  name: "doctor",
  summary: "say what is wrong with nginx's configuration",
  synopsis: ["[--nginx BINARY | FILE | -] [options]"],
  positionals: [
    {
      name: "FILE",
      summary:
        'it and what it includes, or what "nginx -T" has printed; - is standard input; without it nginx is asked',
      isOptional: true,
      completes: "file",
    },
  ],
  options,
  notes: ["Says where, why it matters, and how to fix it."],
  examples: ["uisge doctor --socket /run/app.sock", "ssh web nginx -T | uisge doctor - --strict"],
  exitCodes: [
    [0, "no errors"],
    [1, "errors"],
    [65, "not a configuration"],
    [66, "nothing to read"],
  ],
  run: async ({ values, positionals: [file] }) => (await import("./doctor/run-doctor.ts")).runDoctor(file, values),
};
