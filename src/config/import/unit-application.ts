/** What becomes of each member of an application of Unit's. Pure. */
import type { Origin } from "../given.ts";
import { isObject } from "./instances.ts";
import type { Said, Sheet } from "./sheet.ts";
import { textOf } from "./value-text.ts";

type Members = Readonly<Record<string, unknown>>;
type Convert = (value: unknown, said: Said, sheet: Sheet, application: Members) => void;

/** Why it cannot run here; undefined where it can. */
export function notNode(application: unknown): string | undefined {
  if (!isObject(application)) return "an object is needed";
  const { type } = application;
  if (type !== "external") return `it is of type ${textOf(type)}, and an application of Node's is of type external`;
  if (commandOf(application).script !== undefined) return undefined;
  return "it is no program of Node's: its executable is neither node nor a file that ends in .js, .mjs, .cjs or .ts";
}

/** Puts all of it down. `path` is where it stands. */
export function convertApplication(application: Members, path: string, sheet: Sheet, origin: Origin): void {
  for (const [key, value] of Object.entries(application)) {
    const said: Said = {
      option: `${path}.${key}`,
      value: key === "environment" ? namesOf(value) : textOf(value),
      origin,
    };
    const convert = parts[key];
    if (convert === undefined)
      sheet.tell(said, { verdict: "attention", text: "no member of an application that is known" });
    else convert(value, said, sheet, application);
  }
}

function namesOf(value: unknown): string {
  return isObject(value) ? Object.keys(value).join(" ") : "";
}

interface Command {
  readonly nodeOptions: readonly string[];
  readonly imports: readonly string[];
  readonly script: string | undefined;
  readonly args: readonly string[];
}

/** `node OPTIONS SCRIPT ARGUMENTS`, by itself or through env; or a script that has its interpreter in its first line. */
function commandOf({ executable, arguments: list }: Members): Command {
  const words = [textOf(executable), ...(Array.isArray(list) ? list.map(textOf) : [])];
  if (/(?:^|\/)env$/.test(words[0] ?? "")) words.shift();
  if (!/(?:^|\/)node(?:js)?$/.test(words[0] ?? "")) {
    const [script = "", ...args] = words;
    return { nodeOptions: [], imports: [], script: /\.(?:[cm]?js|[cm]?ts)$/.test(script) ? script : undefined, args };
  }
  words.shift();
  const nodeOptions: string[] = [];
  const imports: string[] = [];
  while (words[0]?.startsWith("-") === true) {
    const option = words.shift() ?? "";
    const [, name = "", joined] =
      /^(-r|--require|--import|--loader|--experimental-loader)(?:=(.*))?$/.exec(option) ?? [];
    if (name === "") nodeOptions.push(option);
    else {
      const module = joined ?? words.shift() ?? "";
      // What puts Unit in the place of node:http is not needed: the application runs as node runs it.
      if (!module.startsWith("unit-http")) imports.push(module);
    }
  }
  const [script, ...args] = words;
  return { nodeOptions, imports, script, args };
}

const parts: Readonly<Record<string, Convert>> = {
  type: (_value, said, sheet) => sheet.tell(said, { verdict: "always", text: "node runs it" }),
  executable: (_value, said, sheet, application) => {
    const { script = "", nodeOptions, imports, args } = commandOf(application);
    for (const one of nodeOptions) sheet.put("node-option", one);
    for (const one of imports) sheet.put("import", one);
    for (const one of args) sheet.put("args", one);
    sheet.say(said, "application", script, {
      text: `application = ${script}; where it requires unit-http, node:http is in its place`,
    });
  },
  arguments: (_value, said, sheet, application) => {
    const { nodeOptions, imports, args } = commandOf(application);
    const to = [
      nodeOptions.length > 0 ? "node-option" : "",
      imports.length > 0 ? "import" : "",
      args.length > 0 ? "args" : "",
    ];
    const named = to.filter((one) => one !== "");
    const text =
      named.length === 0
        ? "application; nothing has to be put in the place of node:http"
        : `application, ${named.join(", ")}`;
    sheet.tell(said, { verdict: "renamed", to: named[0] ?? "application", text });
  },
  processes: convertProcesses,
  limits: (value, said, sheet) => {
    for (const [key, one] of Object.entries(isObject(value) ? value : {})) {
      const own: Said = { ...said, option: `${said.option}.${key}`, value: textOf(one) };
      if (key === "timeout") sheet.say(own, "harakiri", Number(one));
      else if (key === "requests") sheet.say(own, "max-requests", Number(one));
      else if (key === "shm") sheet.tell(own, { verdict: "dropped", text: "it belongs to how Unit works inside" });
      else sheet.tell(own, { verdict: "attention", text: "no limit that is known" });
    }
  },
  user: (value, said, sheet) => sheet.say(said, "uid", textOf(value)),
  group: (value, said, sheet) => sheet.say(said, "gid", textOf(value)),
  working_directory: (value, said, sheet) => sheet.say(said, "chdir", textOf(value)),
  environment: (value, said, sheet) => {
    for (const [name, one] of Object.entries(isObject(value) ? value : {})) sheet.put("env", `${name}=${textOf(one)}`);
    sheet.tell(said, { verdict: "renamed", to: "env", text: "env" });
  },
  stderr: (value, said, sheet) => sheet.say(said, "logto", textOf(value)),
  stdout: (_value, said, sheet) => {
    const text = "what the application prints goes to standard output, or into the log with capture-output = true";
    sheet.tell(said, { verdict: "attention", text });
  },
  isolation: (value, said, sheet) => {
    const text = "systemd does it for the service: RootDirectory=, PrivateTmp=, PrivateUsers=, Slice=";
    for (const key of Object.keys(isObject(value) ? value : {})) {
      sheet.tell({ ...said, option: `${said.option}.${key}`, value: "" }, { verdict: "attention", text });
    }
  },
};

/** A number, or how many at most and how many in reserve. */
function convertProcesses(value: unknown, said: Said, sheet: Sheet): void {
  if (!isObject(value)) return sheet.say(said, "processes", Number(value), { text: "processes" });
  for (const [key, one] of Object.entries(value)) {
    const own: Said = { ...said, option: `${said.option}.${key}`, value: textOf(one) };
    if (key === "max") sheet.say(own, "processes", Number(one), { text: `processes = ${textOf(one)}, the most` });
    else if (key === "spare" && Number(one) > 0) {
      sheet.say(own, "cheaper", Number(one), { text: `cheaper = ${textOf(one)}, the fewest` });
    } else if (key === "spare") {
      sheet.put("cheaper", 1);
      sheet.tell(own, { verdict: "attention", to: "cheaper", text: "cheaper = 1: there is always a worker" });
    } else if (key === "idle_timeout") {
      sheet.tell(own, { verdict: "always", text: "a worker too many is stopped after half a minute" });
    } else sheet.tell(own, { verdict: "attention", text: "no member of processes that is known" });
  }
}
