/** Mistakes as they are made: an application of one interface is really called by another. */
import { createServer } from "node:http";
import test from "ava";
import { type InterfaceName, toHandler } from "../../../src/app/index.ts";
import { hintFor, refusingResponses } from "../../../src/app/load/wrong-guess.ts";
import { httpPlugin, Server } from "../../../src/server/index.ts";
import { exchangeError } from "../../../src/diagnostics.ts";
import { ask } from "../../helpers/raw-client.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

type Anything = any; // oxlint-disable-line typescript/no-explicit-any -- the wrong arguments are the point

const applications: Readonly<Record<Exclude<InterfaceName, "handler">, readonly ((...args: Anything[]) => unknown)[]>> =
  {
    wsgi: [
      (_environ, startResponse) => {
        startResponse("200 OK", []);
        return "hello";
      },
      async (_environ, start_response) => {
        start_response("200 OK", []);
        return "hello";
      },
      (_environ, start) => {
        start("200 OK", []);
        return "hello";
      },
      function* (_environ, start) {
        start("200 OK", []);
        yield "hello";
      },
      async function* (_environ, start) {
        start("200 OK", []);
        yield "hello";
      },
    ],
    node: [
      (_req, res) => res.end("hello"),
      (_req, res) => {
        res.writeHead(200, { "content-type": "text/plain" });
        res.end();
      },
      (_req, res) => res.setHeader("a", "b").end(),
      async (_req, res) => res.json({}),
    ],
    fetch: [
      () => new Response("hello"),
      async () => new Response("hello"),
      (request) => new Response(new URL(request.url).pathname),
      (request) => new Response(request.headers.get("host")),
      async (request) => new Response(await request.text()),
    ],
  };

for (const served of ["wsgi", "node", "fetch"] as const) {
  for (const real of ["wsgi", "node", "fetch"] as const) {
    if (real === served) continue;
    for (const [i, application] of applications[real].entries()) {
      test(`application ${i} of ${real}, served as ${served}: a 500, and the hint names ${real}`, async (t) => {
        const folder = folderOf(t);
        const callee = served === "node" ? refusingResponses(application) : application;
        await using server = new Server({ plugins: [httpPlugin(toHandler(callee, served))] });
        const errors: unknown[] = [];
        const listener = (message: { readonly server: object; readonly error: unknown }): void => {
          if (message.server === server) errors.push(message.error);
        };
        exchangeError.subscribe(listener);
        t.teardown(() => exchangeError.unsubscribe(listener));
        await server.listen(`${folder}/s`);
        t.is((await ask({ kind: "unix", path: `${folder}/s` })).status, 500);
        t.true(hintFor(errors[0], served)?.includes(`--interface ${real}`), String(errors[0]));
      });
    }
  }
}

for (const error of [
  new Error("no database"),
  new TypeError("x is not a function"),
  new TypeError("engine.start is not a function"),
  "text",
  undefined,
]) {
  test(`an error of another kind has no hint: ${String(error)}`, (t) => {
    for (const served of ["wsgi", "node", "fetch"] as const) t.is(hintFor(error, served), undefined);
  });
}

for (const [what, returned] of Object.entries({ nothing: undefined, null: null, text: "x", server: createServer() })) {
  test(`a Node handler may return what it likes: ${what}`, async (t) => {
    const handle = refusingResponses(() => returned) as () => unknown;
    const handleLater = refusingResponses(async () => returned) as () => unknown;
    t.is(handle(), undefined);
    t.is(await handleLater(), undefined);
  });
}
