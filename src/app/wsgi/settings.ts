/** The options of the gateway interface, read once, and what each environ gets by them. */
import cluster from "node:cluster";
import { schemeOf } from "../../environ/index.ts";
import { typeError } from "../../errors.ts";
import type { AppRequest } from "../../handler/index.ts";
import { fileBody } from "./file-body.ts";
import { RequestInput } from "./input.ts";
import type { WsgiEnviron, WsgiErrors, WsgiOptions } from "./types.ts";

/** Options with their defaults. */
export interface Settings {
  readonly multithread: boolean;
  readonly multiprocess: boolean;
  readonly runOnce: boolean;
  readonly workerId: number | undefined;
  /** Constants; undefined when there are none, which is usual. */
  readonly env: readonly (readonly [name: string, value: string])[] | undefined;
}

/** Reads options. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`, `UWSGI_NOT_LATIN1`). */
export function readOptions(options: WsgiOptions): Settings {
  const { multithread = true, multiprocess = cluster.isWorker, runOnce = false, workerId, env = {} } = options;
  for (const [name, value] of Object.entries({ multithread, multiprocess, runOnce })) {
    if (typeof value !== "boolean") throw invalid(`${name} is ${typeof value}, true or false is needed`);
  }
  if (workerId !== undefined && !(Number.isSafeInteger(workerId) && workerId > 0)) {
    throw invalid(`workerId is ${String(workerId)}, a whole number from 1 is needed`);
  }
  const constants = Object.entries(env);
  for (const [name, value] of constants) checkConstant(name, value);
  return { multithread, multiprocess, runOnce, workerId, env: constants.length === 0 ? undefined : constants };
}

/** Adds to the environ of a request what the gateway interface says. */
export function completeEnviron(request: AppRequest, errors: WsgiErrors, settings: Settings): WsgiEnviron {
  const environ = request.environ as WsgiEnviron;
  const { env } = settings;
  if (env !== undefined) for (const [name, value] of env) environ[name] = value;
  environ["wsgi.version"] = VERSION;
  environ["wsgi.url_scheme"] = schemeOf(environ);
  environ["wsgi.input"] = new RequestInput(request);
  environ["wsgi.errors"] = errors;
  environ["wsgi.multithread"] = settings.multithread;
  environ["wsgi.multiprocess"] = settings.multiprocess;
  environ["wsgi.run_once"] = settings.runOnce;
  environ["wsgi.file_wrapper"] = fileBody;
  if (settings.workerId !== undefined) environ["uisge.worker_id"] = settings.workerId;
  environ["uisge.request"] = request;
  return environ;
}

const VERSION: WsgiEnviron["wsgi.version"] = Object.freeze([1, 0] as const);

/** What a request says of itself: the server has read it, and a constant would only make the environ lie. */
const requestsOwn = /^(?:REQUEST_METHOD|CONTENT_LENGTH|(?:HTTP_|wsgi\.|uisge\.).*)?$/s;

function checkConstant(name: string, value: unknown): void {
  if (requestsOwn.test(name)) throw invalid(`env has ${JSON.stringify(name)}, which is the request's own`);
  if (typeof value !== "string") throw invalid(`env has ${typeof value} for ${name}, a string is needed`);
  // eslint-disable-next-line no-control-regex -- latin-1 begins with them.
  if (/[^\x00-\xff]/.test(name + value)) {
    throw typeError("UWSGI_NOT_LATIN1", `env has a character above U+00FF in ${name}: write UTF-8 as latin-1`);
  }
}

function invalid(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
