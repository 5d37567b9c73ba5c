/** Vars of a request packet -> environ. */
import { emptyDictionary, KeyLayouts, type Vars } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Environ } from "./environ.ts";
import { type EnvironPlan, planEnviron } from "./environ-plan.ts";
import { absentWhenEmpty, checkMethod, isKeptOut, show, uniqueVars } from "./var-rules.ts";

export interface EnvironOptions {
  /**
   * Vars that come more than once. Default `"join"`: `HTTP_*` are joined with ", " (`HTTP_COOKIE`
   * with "; ") as nginx 1.23 and RFC 9110 do; of the rest different values are an error where only
   * one can be true, else the last wins. `"refuse"`: different values are always an error.
   * `"last"`: the last always wins, as in uWSGI.
   */
  readonly duplicates?: "join" | "refuse" | "last";
  /**
   * `HTTP_*` vars that the front end itself sets, such as `HTTP_X_REAL_IP`: different values are an
   * error, whatever `duplicates` says. Where a front end adds its header beside the client's of the
   * same name (lighttpd: `X-Real-IP` and `X_Real_IP`), joining them would let the client speak.
   */
  readonly trustedHeaders?: readonly string[];
  /** SERVER_NAME where the packet has none or an empty one (nginx's default server). Default `localhost`. */
  readonly serverName?: string;
  /** SERVER_PORT where the packet has none. Default `0`; the server gives its own port. */
  readonly serverPort?: string;
  /** Told the name of each loader variable that was left out. */
  readonly onLoaderVar?: (name: string) => void;
}

/**
 * Reads vars as an environ. Loader variables, `wsgi.*`, `uisge.*` and `HTTP_PROXY` are left out, a repeated var
 * follows `duplicates`, what PEP 3333 requires and the packet lacks is filled in. HTTP_TRANSFER_ENCODING
 * is left out when there is a CONTENT_LENGTH: nginx de-chunks the body and sends the header all the same.
 *
 * Throws a ProtocolError (`UWSGI_CONFLICTING_VARS`, `UWSGI_BAD_METHOD`). CONTENT_LENGTH is not read
 * here; see `contentLengthOf`.
 */
export function environFromVars(vars: Vars, options: EnvironOptions = {}): Environ {
  return vars.planIn(plans)?.read(vars, options) ?? readOneByOne(vars, options);
}

/** For each layout of names that comes again and has no surprise in it: see `environ-plan.ts`. */
const plans = new KeyLayouts<EnvironPlan | undefined>(planEnviron);

/** @internal The rules, one var after the other: for names that have not come before in this order, and come twice. */
export function readOneByOne(vars: Vars, options: EnvironOptions): Environ {
  const environ = emptyDictionary<unknown>();
  for (let i = 0; i < vars.size; i++) {
    const name = vars.nameAt(i);
    if (isKeptOut(name, options.onLoaderVar)) continue;
    const before = environ[name] as string | undefined;
    const value = vars.valueAt(i);
    environ[name] = before === undefined ? value : merge(name, before, value, options);
  }
  return complete(environ, options);
}

function merge(name: string, before: string, value: string, options: EnvironOptions): string {
  const { duplicates = "join", trustedHeaders = [] } = options;
  const isTrusted = trustedHeaders.includes(name);
  if (duplicates === "last" && !isTrusted) return value;
  const isUnique = isTrusted || duplicates === "refuse" || uniqueVars.has(name);
  if (isUnique && before !== value) {
    // The message is logged: headers, the query and whatever else an operator passes may be secret.
    const isHarmless = uniqueVars.has(name) && !name.startsWith("HTTP_");
    const values = isHarmless ? `, ${show(before)} and ${show(value)}` : "";
    throw new ProtocolError(`${name} came twice with different values${values}: only one can be true`, {
      code: "UWSGI_CONFLICTING_VARS",
    });
  }
  if (isUnique) return value;
  if (name === "HTTP_COOKIE") return `${before}; ${value}`;
  return name.startsWith("HTTP_") ? `${before}, ${value}` : value;
}

function complete(environ: { [name: string]: unknown }, options: EnvironOptions): Environ {
  environ["REQUEST_METHOD"] ??= "GET";
  environ["SCRIPT_NAME"] ??= "";
  environ["PATH_INFO"] ??= "";
  environ["QUERY_STRING"] ??= "";
  environ["SERVER_NAME"] ||= options.serverName ?? "localhost";
  environ["SERVER_PORT"] ||= options.serverPort ?? "0";
  environ["SERVER_PROTOCOL"] ||= "HTTP/1.0";
  const made = environ as Environ;
  checkMethod(made.REQUEST_METHOD);
  if (made.SCRIPT_NAME === "/") {
    made.SCRIPT_NAME = "";
    if (!made.PATH_INFO.startsWith("/")) made.PATH_INFO = `/${made.PATH_INFO}`;
  }
  for (const name of absentWhenEmpty) if (made[name] === "") delete made[name];
  if (made["HTTP_TRANSFER_ENCODING"] !== undefined && (made.CONTENT_LENGTH ?? "") !== "") {
    delete made["HTTP_TRANSFER_ENCODING"];
  }
  return made;
}
