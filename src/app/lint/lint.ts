/**
 * Middleware that checks the gateway interface from the inside: stands between a server and an application, looks like
 * each of them to the other, and names each rule that either breaks.
 *
 * What can be seen from there is checked: the environ, the streams, startResponse, `write`, the body and its end. An
 * application that breaks no rule answers the same bytes as without it.
 */
import { contentLengthOf } from "../../environ/index.ts";
import { isPromiseLike } from "../../handler/index.ts";
import { wsgiFunction } from "../wsgi/application.ts";
import type { FileBody } from "../wsgi/file-body.ts";
import type { StartResponse, WsgiApplication, WsgiBody, WsgiEnviron, WsgiFunction } from "../wsgi/types.ts";
import { checkEnviron } from "./environ-rules.ts";
import { Faults, type LintOptions, show } from "./faults.ts";
import { lintedBody } from "./linted-body.ts";
import { LintedCall } from "./linted-call.ts";
import { LintedErrors } from "./linted-errors.ts";
import { LintedInput } from "./linted-input.ts";

/**
 * Wraps an application. Faults are thrown at whoever is to blame, as errors with a code (`UWSGI_APP_CONTRACT`,
 * `UWSGI_SERVER_CONTRACT`), or told to `report`. For development and tests: it costs time.
 */
export function lint(application: WsgiApplication, options: LintOptions = {}): WsgiFunction {
  const run = wsgiFunction(application);
  const faults = new Faults(options);
  return (...given: readonly unknown[]) => {
    const [environ, start] = given as Parameters<WsgiFunction>;
    if (given.length !== 2) faults.server(1, `the application was called with ${given.length} arguments, it takes two`);
    if (typeof start !== "function") faults.server(1, `startResponse is ${show(start)}, a function is needed`);
    if (typeof environ !== "object" || environ === null) {
      faults.server(2, `environ is ${show(environ)}, a dictionary is needed`);
      return run(environ, start);
    }
    checkEnviron(environ, faults);
    return runLinted(run, environ, start, faults);
  };
}

function runLinted(
  run: WsgiFunction,
  environ: WsgiEnviron,
  start: StartResponse,
  faults: Faults,
): WsgiBody | Promise<WsgiBody> {
  const call = new LintedCall(start, environ.REQUEST_METHOD, faults);
  const files = new WeakSet<object>();
  lintStreams(environ, files, faults);
  // A file goes back to the server as it came: that is how it knows it again.
  const check = (body: WsgiBody): WsgiBody =>
    typeof body === "object" && body !== null && files.has(body) ? body : lintedBody(body, call);
  const returned = run(environ, call.startResponse);
  return isPromiseLike(returned) ? Promise.resolve(returned).then(check) : check(returned);
}

function lintStreams(environ: WsgiEnviron, files: WeakSet<object>, faults: Faults): void {
  environ["wsgi.input"] = new LintedInput(environ["wsgi.input"], lengthOf(environ), faults);
  environ["wsgi.errors"] = new LintedErrors(environ["wsgi.errors"], faults);
  const wrap = environ["wsgi.file_wrapper"] as WsgiEnviron["wsgi.file_wrapper"] | undefined;
  if (wrap === undefined) return;
  environ["wsgi.file_wrapper"] = (...given: readonly unknown[]) => {
    if (given.length === 0 || given.length > 2) {
      faults.application(56, `wsgi.file_wrapper got ${given.length} arguments, it takes a file and a block size`);
    }
    const body = wrap(...(given as Parameters<typeof wrap>));
    checkFileBody(body, faults);
    files.add(body);
    return body;
  };
}

function checkFileBody(body: Partial<FileBody> & object, faults: Faults): void {
  if (!(Symbol.asyncIterator in body) && !(Symbol.iterator in body)) {
    faults.server(56, "what wsgi.file_wrapper gave does not iterate");
  }
  if (typeof body.close !== "function") faults.server(56, "what wsgi.file_wrapper gave has no close");
}

/** NaN for a length that cannot be read, which was told. */
function lengthOf(environ: WsgiEnviron): number {
  try {
    return contentLengthOf(environ);
  } catch {
    return Number.NaN;
  }
}
