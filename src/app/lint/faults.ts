/** Broken rules of the gateway interface, and who is told of them. */
import { contractError, UwsgiError } from "../../errors.ts";

/** A rule that was broken, seen by `lint`. */
export interface LintFault {
  /** Number of the rule, see docs/gateway-rules.md. */
  readonly rule: number;
  /** Who broke it: the application, or the server (or middleware) that calls it. */
  readonly side: "application" | "server";
  /** What was seen, in one line that begins with the rule: `pep3333-28: header name ...`. */
  readonly message: string;
}

export interface LintOptions {
  /**
   * Told of each fault, and all goes on as without `lint`. Default: an error is thrown at whoever broke the rule, an
   * AppError (`UWSGI_APP_CONTRACT`) at the application, a UwsgiError (`UWSGI_SERVER_CONTRACT`) at the server.
   */
  readonly report?: (fault: LintFault) => void;
}

export class Faults {
  private readonly report: ((fault: LintFault) => void) | undefined;

  constructor({ report }: LintOptions) {
    this.report = report;
  }

  /** A fault of the application. Throws, or reports. */
  application(rule: number, what: string): void {
    const message = lineOf(rule, what);
    if (this.report === undefined) throw contractError(message);
    this.report({ rule, side: "application", message });
  }

  /** A fault of the server. Throws, or reports. */
  server(rule: number, what: string): void {
    const message = lineOf(rule, what);
    if (this.report === undefined) throw new UwsgiError(message, { code: "UWSGI_SERVER_CONTRACT" });
    this.report({ rule, side: "server", message });
  }

  /** A fault of the server that is seen when there is nobody to throw at. Warns, or reports. */
  serverBefore(rule: number, what: string): void {
    const message = lineOf(rule, what);
    if (this.report === undefined) process.emitWarning(message, { code: "UWSGI_SERVER_CONTRACT" });
    else this.report({ rule, side: "server", message });
  }
}

function lineOf(rule: number, what: string): string {
  return `pep3333-${String(rule).padStart(2, "0")}: ${what}`;
}

/** Any value for a message: cut and escaped, or the name of its type. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : typeof value;
}

/** True when all characters are at most U+00FF. */
export function isLatin1(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- latin-1 begins with them.
  return !/[^\x00-\xff]/.test(text);
}
