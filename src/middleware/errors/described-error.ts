/** Whatever was thrown, and what it was caused by, as text of a bounded size. Never throws. */
import { isSecretName, REDACTED } from "../redact.ts";
import { framesOf, type Frame } from "./stack.ts";
import { cut, property, textProperty } from "./thrown.ts";

export interface DescribedError {
  /** How it belongs to the one before it: `caused by`, `together with`; "" for the first. */
  readonly how: string;
  /** `TypeError`, or that it is no error. */
  readonly name: string;
  readonly message: string;
  /** `code`, `errno` and others that say more. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly frames: readonly Frame[];
}

/** A chain may be long, lead back to its error, or branch at each. */
const MOST_ERRORS = 12;
const MOST_MESSAGE = 4_000;
const MOST_NAME = 200;

/** What was thrown, then its causes and what was thrown together with it, from the outside to the inside. */
export function describeErrors(thrown: unknown): DescribedError[] {
  const described: DescribedError[] = [];
  const seen = new Set<unknown>();
  const visit = (error: unknown, how: string): void => {
    if (described.length > MOST_ERRORS) return;
    if (described.length === MOST_ERRORS) {
      described.push({ how, name: "more errors", message: "they are not shown", facts: [], frames: [] });
      return;
    }
    if (seen.has(error)) {
      described.push({ how, name: "an error that stands above", message: "", facts: [], frames: [] });
      return;
    }
    if (typeof error === "object" && error !== null) seen.add(error);
    described.push({ how, ...describe(error) });
    for (const one of errorsIn(error)) visit(one, "together with");
    const cause = property(error, "cause");
    if (cause !== undefined) visit(cause, "caused by");
  };
  visit(thrown, "");
  return described;
}

/** One line for a log. */
export function summaryOf(thrown: unknown): string {
  const { name, message } = describe(thrown);
  return cut(message === "" ? name : `${name}: ${message}`, MOST_NAME).replaceAll(/\s+/g, " ");
}

function errorsIn(error: unknown): unknown[] {
  const errors = property(error, "errors");
  try {
    return Array.isArray(errors) ? errors.slice(0, MOST_ERRORS) : [];
  } catch {
    // A list that throws when it is read.
    return [];
  }
}

function describe(thrown: unknown): Omit<DescribedError, "how"> {
  const stack = textProperty(thrown, "stack", MOST_STACK);
  const message = textProperty(thrown, "message", MOST_MESSAGE);
  if (stack === undefined && message === undefined) {
    const what =
      thrown === null || thrown === undefined ? String(thrown) : `${article(typeof thrown)} ${typeof thrown}`;
    const text = thrown === null || thrown === undefined ? "" : cut(textOf(thrown), MOST_MESSAGE);
    return { name: `${what} was thrown`, message: text, facts: [], frames: [] };
  }
  return {
    name: nameOf(thrown),
    message: message ?? "",
    facts: factsOf(thrown),
    frames: framesOf(stack ?? "", message === undefined ? "" : (textProperty(thrown, "message", MOST_STACK) ?? "")),
  };
}

const MOST_STACK = 100_000;

function article(word: string): string {
  return /^[aeiou]/.test(word) ? "an" : "a";
}

/** Its own, or that of its class where it has none. */
function nameOf(error: unknown): string {
  const name = textProperty(error, "name", MOST_NAME);
  if (name !== undefined && name !== "" && name !== "Error") return name;
  return textProperty(property(error, "constructor"), "name", MOST_NAME) || name || "Error";
}

/** Properties of errors of Node and of common packages that say more. Others may have secrets in them. */
const factNames = ["code", "status", "statusCode", "errno", "syscall", "path", "dest", "address", "port", "hostname"];

function factsOf(error: unknown): [string, string][] {
  return factNames.flatMap((name): [string, string][] => {
    const value = property(error, name);
    return typeof value === "string" || typeof value === "number" ? [[name, cut(String(value), MOST_NAME)]] : [];
  });
}

function textOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  try {
    return typeof thrown === "object" && thrown !== null ? showObject(thrown) : String(thrown);
  } catch {
    return "it cannot be shown";
  }
}

/** Its own values, without calling anything of it; objects in it by their kind alone. */
function showObject(thrown: object): string {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(thrown)).slice(0, 20);
  const shown = properties.map(([name, { value }]: [string, { value?: unknown }]) => {
    const isPlain = typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol";
    const text = isSecretName(name) ? REDACTED : isPlain ? JSON.stringify(value, bigintAsText) : `[${typeof value}]`;
    return `${cut(name, 100)}: ${cut(text ?? "undefined", 500)}`;
  });
  return shown.length === 0 ? "{}" : `{ ${shown.join(", ")} }`;
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
