/**
 * How an application fails that is called by an interface which is not its own. Looked at when a request has failed,
 * and only then.
 */
import { isGeneratorObject } from "node:util/types";
import { contractError } from "../../errors.ts";
import { isPromiseLike } from "../../handler/index.ts";
import type { InterfaceName } from "../interface-name.ts";
import type { NodeFunction } from "../node/node-handler.ts";
import { interfaceTitles } from "./detect.ts";

/** A sentence that names the interface to try; undefined for errors that do not look like it. */
export function hintFor(error: unknown, served: InterfaceName): string | undefined {
  // Which is never a guess.
  if (served === "handler") return undefined;
  const message = error instanceof Error ? error.message : "";
  const other = signs.find(([name, sign]) => name !== served && sign.test(message))?.[0];
  const looksLike = other ?? (isNoAnswer.test(message) ? CONTRARY[served] : undefined);
  if (looksLike === undefined) return undefined;
  return (
    `that error looks as if the application were a ${titleOf(looksLike)}, and it is served as a ` +
    `${titleOf(served)}: if so, say --interface ${looksLike}, or { interface: "${looksLike}" } in code`
  );
}

function titleOf(name: InterfaceName): string {
  return name === "wsgi" ? "WSGI application" : interfaceTitles[name];
}

/** What applications of an interface do with their arguments that those of the others cannot. */
const signs: readonly (readonly [InterfaceName, RegExp])[] = [
  [
    "wsgi",
    /start_?response is not a function|(?:^|[^.\w$])(?:start|respond) is not a function|wsgi\.input|returned a generator/i,
  ],
  [
    "node",
    /\.(?:end|writeHead|setHeader|getHeader|send|sendFile|json|status|redirect|on|once|pipe|write) is not a function/,
  ],
  [
    "fetch",
    // `request.headers` is an object of Node's, or nothing; `request.url` is a path, or nothing.
    /headers\.(?:get|has|entries|forEach) is not a function|\.(?:text|json|formData|arrayBuffer|blob|clone) is not a function|reading 'get'|Invalid URL|returned a Response/,
  ],
];

/** Words of our own: nothing came back that the interface knows, as from a Node handler. */
const isNoAnswer = /a Response is needed|allowed are a chunk/;

const CONTRARY: Readonly<Record<Exclude<InterfaceName, "handler">, InterfaceName>> = {
  wsgi: "fetch",
  node: "wsgi",
  fetch: "node",
};

/**
 * A Node handler that fails where a Response or a generator is returned: nothing else would ever answer that request. For
 * plain functions, of which it can only be guessed what they are.
 */
export function refusingResponses(application: NodeFunction): NodeFunction {
  return function handle(this: unknown, req, res) {
    const returned = application.call(this, req, res);
    if (returned === undefined) return undefined;
    return isPromiseLike(returned) ? returned.then(refuseAnswer) : refuseAnswer(returned);
  };
}

function refuseAnswer(returned: unknown): void {
  if (typeof returned !== "object" || returned === null) return;
  // Nothing of its body has run.
  if (isGeneratorObject(returned)) {
    throw contractError("the application returned a generator, and a Node handler answers by its second argument");
  }
  // Not by its class: to ask for the platform's would load it.
  const { arrayBuffer, status } = returned as Partial<Response>;
  if (typeof arrayBuffer !== "function" || typeof status !== "number") return;
  throw contractError("the application returned a Response, and a Node handler answers by its second argument");
}
