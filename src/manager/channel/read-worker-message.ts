/**
 * What a worker has said, believed only as far as its form goes: descriptor 3 is there for the application to write to,
 * too. Pure.
 */
import { type ErrorCode, ProtocolError } from "../../errors.ts";
import type { RunningRequest } from "../../server/index.ts";
import type { FromWorker } from "./messages.ts";
import type { WantsOut } from "../plan/view.ts";

/** More than any message has for a log to read. */
const MOST_ITEMS = 200;
const MOST_CHARACTERS = 2_000;

/** How much of a message that is none an error shows. */
const MOST_SHOWN = 60;

const reasons: ReadonlySet<string> = new Set<WantsOut>([
  "max-requests",
  "max-lifetime",
  "memory",
  "rejection",
  "exception",
  "closed",
  "asked",
]);

type Fields = Readonly<Record<string, unknown>>;

/** One row a message: answers undefined for what is none. */
const readers: { readonly [Kind in FromWorker["kind"]]: (said: Fields) => FromWorker | undefined } = {
  ready: ({ application, why }) =>
    isText(application) && isText(why) ? { kind: "ready", application: cut(application), why: cut(why) } : undefined,
  failed: ({ code, message, exitCode }) =>
    isText(code) && isText(message) && isNumber(exitCode)
      ? { kind: "failed", code: cut(code), message: cut(message), exitCode }
      : undefined,
  vitals: ({ requests, running, rss, busyness, lagMs }) =>
    isNumber(requests) && isNumber(running) && isNumber(rss) && isNumber(busyness) && isNumber(lagMs)
      ? { kind: "vitals", requests, running, rss, busyness, lagMs }
      : undefined,
  beat: ({ oldestMs }) => (isNumber(oldestMs) ? { kind: "beat", oldestMs } : undefined),
  idle: () => ({ kind: "idle" }),
  closed: () => ({ kind: "closed" }),
  out: ({ why, isLeaving }) =>
    isText(why) && reasons.has(why) && typeof isLeaving === "boolean"
      ? { kind: "out", why: why as WantsOut, isLeaving }
      : undefined,
  stuck: ({ forMs, stack, requests }) => {
    const read = readRequests(requests);
    if (!isNumber(forMs) || !Array.isArray(stack) || !stack.every(isText) || read === undefined) return undefined;
    return { kind: "stuck", forMs, stack: stack.slice(0, MOST_ITEMS).map(cut), requests: read };
  },
  requests: ({ ask, requests }) => {
    const read = readRequests(requests);
    return isNumber(ask) && read !== undefined ? { kind: "requests", ask, requests: read } : undefined;
  },
};

/**
 * Answers undefined for a message of a kind that there is not: a worker of a later version may have more. Throws a
 * ProtocolError (`UWSGI_BAD_MESSAGE`) for one that is not what its kind says.
 */
export function readWorkerMessage(said: { readonly kind: string }): FromWorker | undefined {
  if (!Object.hasOwn(readers, said.kind)) return undefined;
  const message = readers[said.kind as FromWorker["kind"]]({ ...said });
  if (message !== undefined) return message;
  const code: ErrorCode = "UWSGI_BAD_MESSAGE";
  throw new ProtocolError(`a worker has sent ${show(said)}, which is none of its messages`, { code });
}

/** Member by member, and none of what is inside: that may be nested deeper than can be written, which would throw. */
function show(said: Fields): string {
  const members = Object.entries(said).map(([name, value]) => {
    const isSimple = typeof value !== "object" || value === null;
    return `${JSON.stringify(name)}:${isSimple ? JSON.stringify(value) : Array.isArray(value) ? "[...]" : "{...}"}`;
  });
  return `{${members.join()}}`.slice(0, MOST_SHOWN);
}

function readRequests(given: unknown): readonly RunningRequest[] | undefined {
  if (!Array.isArray(given)) return undefined;
  const read = given.slice(0, MOST_ITEMS).map((one) => readRequest(one));
  return read.every((one) => one !== undefined) ? read : undefined;
}

function readRequest(given: unknown): RunningRequest | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  const { id, method, path, remote, ms } = given as Fields;
  if (!isText(id) || !isText(method) || !isText(path) || !isText(remote) || !isNumber(ms)) return undefined;
  return { id: cut(id), method: cut(method), path: cut(path), remote: cut(remote), ms };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}
