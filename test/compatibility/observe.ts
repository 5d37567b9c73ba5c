/**
 * What a client sees of an answer, as lines of text: two applications behave alike where the lines are equal. Left out is
 * what belongs to one connection, or to the front end.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type HttpAnswer, type HttpRequest, open, readAnswer } from "../helpers/http-client.ts";

/** Headers of a connection (RFC 9110 7.6.1), and those that nginx writes itself. */
const ofTheConnection: ReadonlySet<string> = new Set([
  "connection",
  "date",
  "keep-alive",
  "server",
  "transfer-encoding",
]);

/** Longest text that is shown as it is; of all else the hash. */
const MOST_TEXT = 2_000;

/** Sends a request and describes the whole answer. */
export async function see(request: HttpRequest): Promise<string[]> {
  return seeRest(await open(request));
}

/** Describes an answer whose head has come; an answer that is broken off is described too. */
export async function seeRest(message: IncomingMessage): Promise<string[]> {
  try {
    return describe(await readAnswer(message));
  } catch {
    return [...describeHead(message), "broken off"];
  }
}

function describe(answer: HttpAnswer): string[] {
  return [statusLine(answer.status, answer.reason), ...headerLines(answer.headers), ...describeBody(answer.body)];
}

function describeHead({ statusCode = 0, statusMessage = "", headersDistinct }: IncomingMessage): string[] {
  const headers = Object.entries(headersDistinct).map(([name, values = []]) => [name, values] as const);
  return [statusLine(statusCode, statusMessage), ...headerLines(headers)];
}

function statusLine(status: number, reason: string): string {
  return `status ${status} ${reason}`;
}

function headerLines(headers: Iterable<readonly [name: string, values: readonly string[]]>): string[] {
  return Array.from(headers)
    .filter(([name]) => !ofTheConnection.has(name))
    .flatMap(([name, values]) => values.map((value) => `header ${name}: ${value}`))
    .sort();
}

function describeBody(body: Buffer): string[] {
  const isText = body.length <= MOST_TEXT && /^[\t\n\r -~]*$/.test(body.toString("latin1"));
  const sha256 = createHash("sha256").update(body).digest("hex");
  return [
    `body of ${body.length} bytes`,
    isText ? `body ${JSON.stringify(body.toString())}` : `body has sha256 ${sha256}`,
  ];
}

/** Reads until a text has come; what came behind it is put back. */
export async function readUntil(message: IncomingMessage, text: string): Promise<string> {
  let seen = "";
  while (!seen.includes(text)) {
    const chunk = message.read() as Buffer | null;
    if (chunk !== null) {
      seen += chunk.toString("latin1");
      continue;
    }
    if (message.readableEnded || message.destroyed) throw new Error(`ended without ${text}: ${seen}`);
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        message.off("readable", wake).off("end", wake).off("close", wake);
        resolve();
      };
      message.on("readable", wake).on("end", wake).on("close", wake);
    });
  }
  return seen;
}

/** A line that one side has and the other has not. */
export interface Difference {
  readonly only: "node:http" | "uwsgi";
  readonly line: string;
}

/** Lines that are not on both sides equally often. */
export function differences(onNode: readonly string[], onUwsgi: readonly string[]): Difference[] {
  const left = [...onUwsgi];
  const found: Difference[] = [];
  for (const line of onNode) {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    else found.push({ only: "node:http", line });
  }
  return [...found, ...left.map((line): Difference => ({ only: "uwsgi", line }))];
}
