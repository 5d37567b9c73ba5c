/** What `uisge doctor` does: looks, and says what is wrong between nginx and an application. */
import { parseAddress } from "../../connection/index.ts";
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
} from "../../doctor/index.ts";
import { typeError } from "../../errors.ts";
import type { DoctorValues } from "../doctor-command.ts";
import { hasColours } from "../frame/style.ts";

/** Resolves with 0 or 1; rejects when there is nothing to look at. */
export async function runDoctor(file: string | undefined, values: DoctorValues): Promise<number> {
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
  const isColoured = hasColours(process.stdout.isTTY, process.env);
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
