/** `uisge doctor`: says what is wrong between nginx and an application. */
import { parseArgs } from "node:util";
import { parseAddress } from "../connection/index.ts";
import {
  askNginx,
  type Block,
  countsOf,
  examine,
  examineMachine,
  findNginxUser,
  readFile,
  readText,
  reportJson,
  reportText,
  rules,
  socketRules,
  type Told,
  type User,
} from "../doctor/index.ts";
import { typeError } from "../errors.ts";

export const usage: string = `uisge doctor: what is wrong between nginx and an application

Usage: uisge doctor [--nginx BINARY | FILE | -] [options]
  Reads what "nginx -T" prints (run by itself, or as FILE), or FILE and what it
  includes; - is standard input. Says where, why it matters, how to fix it.

  --nginx BINARY         which nginx is asked (nginx)
  --prefix DIR           where relative includes of FILE count from (its folder)
  --socket ADDRESS       where the application listens: is it asked, is it well?
  --probe, --no-probe    look at all sockets that are named: file, owner, mode,
                         who answers. The default without FILE, not with FILE
  --user NAME            whom nginx runs as, where no worker and no line tells
  --max-body-bytes N     what the application takes
  --answer-seconds S     how long it may think before the first byte
  --streams              its answers and uploads are to go piece by piece
  --ignore ID            leaves a finding out; give it again for more
  --strict               warnings count as errors do
  --json                 for programs         -h, --help

Examples:  uisge doctor --socket /run/app.sock
           ssh web nginx -T | uisge doctor - --strict
Exit codes: 0 no errors, 1 errors, 64 usage, 65 not a configuration, 66 nothing
to read. Hints never count.
`;

const options = {
  nginx: { type: "string" },
  prefix: { type: "string" },
  socket: { type: "string" },
  probe: { type: "boolean" },
  "no-probe": { type: "boolean" },
  user: { type: "string" },
  "max-body-bytes": { type: "string" },
  "answer-seconds": { type: "string" },
  streams: { type: "boolean" },
  ignore: { type: "string", multiple: true },
  strict: { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** Resolves with 0 or 1; rejects when there is nothing to look at. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [file, ...more] = positionals;
  if (more.length > 0) throw wrong(`doctor takes one file, got ${positionals.length}`);
  if (file !== undefined && values.nginx !== undefined) throw wrong("a FILE or --nginx, not both");
  if (values.probe === true && values["no-probe"] === true) throw wrong("--probe or --no-probe, not both");
  const socket = values.socket === undefined ? undefined : parseAddress(values.socket);
  const told: Told = {
    ...(values["max-body-bytes"] === undefined
      ? {}
      : { maxBodyBytes: number("max-body-bytes", values["max-body-bytes"]) }),
    ...(values["answer-seconds"] === undefined
      ? {}
      : { answerMs: number("answer-seconds", values["answer-seconds"]) * 1_000 }),
    ...(values.streams === undefined ? {} : { streams: values.streams }),
    ...(socket === undefined ? {} : { socket }),
  };
  const ignored = new Set(values.ignore);
  const unknown = [...ignored].find((id) => !isFinding(id));
  if (unknown !== undefined) throw wrong(`--ignore ${unknown}: there is no such finding`);
  const main = await read(file, values.nginx, values.prefix);
  const user = userFor(main, values.user);
  const isProbing = values["no-probe"] !== true && (values.probe === true || file === undefined);
  const seen =
    isProbing || (socket !== undefined && values["no-probe"] !== true)
      ? await examineMachine(main, { user, socket, isSocketOnly: !isProbing })
      : [];
  const findings = [...seen, ...examine(main, told)].filter(({ id }) => !ignored.has(id));
  const isColoured = process.stdout.isTTY && process.stdout.hasColors() && (process.env["NO_COLOR"] ?? "") === "";
  await written(values.json === true ? reportJson(findings) : reportText(findings, { isColoured }));
  const { error, warning } = countsOf(findings);
  return error > 0 || (values.strict === true && warning > 0) ? 1 : 0;
}

function isFinding(id: string): boolean {
  return [...rules, ...Object.values(socketRules)].some((known) => known.id === id);
}

async function read(file: string | undefined, nginx: string | undefined, prefix: string | undefined): Promise<Block> {
  if (file === undefined) return askNginx(nginx ?? "nginx");
  if (file !== "-") return readFile(file, prefix);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_STDIN_BYTES) throw wrong(`standard input has more than ${MOST_STDIN_BYTES} bytes`);
    chunks.push(chunk);
  }
  return readText(Buffer.concat(chunks).toString("utf8"), "-", prefix ?? ".");
}

/** As much as is read of a file. */
const MOST_STDIN_BYTES = 16 * 1024 * 1024;

function userFor(main: Block, name: string | undefined): User | undefined {
  const user = findNginxUser(main, name);
  if (user === undefined && name !== undefined) throw wrong(`--user ${name}: there is no such user here`);
  return user;
}

function number(option: string, text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw wrong(`--${option} ${text}: a whole number is needed`);
}

function wrong(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}

/** The process ends behind this: a pipe must have taken all of it. */
function written(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.on("error", () => resolve());
    process.stdout.write(text, () => resolve());
  });
}
