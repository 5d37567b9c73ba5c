/** What goes to the error log: one record each, the stack of an error on lines of its own. */
import type { AcceptFailed, AppMessage, ConnectionRefused, ExchangeError, LoaderVarSeen } from "../diagnostics.ts";
import { type Environ, targetOf } from "../environ/index.ts";
import { escapeField, escapeLine } from "./escape.ts";

export function formatExchangeError({ environ, error, outcome: how, status }: ExchangeError): string {
  const outcome = how === "answered" ? `answered ${status}` : how;
  return `error in ${nameRequest(environ)}, ${outcome}: ${describeError(error)}`;
}

export function formatRefused({ peer, error, status }: ConnectionRefused): string {
  const outcome = status === 0 ? "closed" : `answered ${status}`;
  return `refused ${escapeField(peer)}, ${outcome}: ${error.code}: ${escapeLine(error.message)}`;
}

export function formatAcceptFailed({ address, error }: AcceptFailed): string {
  return `could not accept a connection on ${escapeField(address)}: ${escapeLine(error.message)}`;
}

export function formatLoaderVar({ peer, name }: LoaderVarSeen): string {
  return (
    `${escapeField(peer)} sent ${escapeField(name)}, which makes uWSGI load code or read files: ` +
    "ignored, probably an attack"
  );
}

export function formatAppMessage({ environ, text }: AppMessage): string {
  return `${nameRequest(environ)}: ${escapeLine(text)}`;
}

/** Method and path, never the query: it may hold secrets. */
function nameRequest(environ: Readonly<Record<string, unknown>>): string {
  if (typeof environ["REQUEST_METHOD"] !== "string") return "a packet";
  const path = targetOf(environ as Environ).split("?", 1)[0] ?? "";
  return `${escapeField(environ["REQUEST_METHOD"])} ${escapeField(path)}`;
}

/** Most lines of one error: its message may quote a whole body. */
const MOST_LINES = 50;

/** Most causes that are followed: one may lead back to its error. */
const MOST_CAUSES = 8;

function describeError(error: unknown, causes = 0): string {
  if (!(error instanceof Error)) return escapeLine(`thrown ${textOf(error)}`);
  const text = textOf(error.stack ?? `${error.name}: ${error.message}`).split("\n");
  const [first = "", ...more] = text.slice(0, MOST_LINES).map(escapeLine);
  if (text.length > MOST_LINES) more.push(`(${text.length - MOST_LINES} more lines)`);
  // Indented, so that no line of a message can pass for a record of its own.
  const lines = [first, ...more.map((line) => (line.startsWith("    ") ? line : `    ${line}`))].join("\n");
  if (error.cause === undefined || causes === MOST_CAUSES) return lines;
  return `${lines}\ncaused by ${describeError(error.cause, causes + 1)}`;
}

/** Whatever an application may throw, as text; an object without a prototype has none of its own. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
