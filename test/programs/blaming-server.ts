/**
 * A server that blames requests for errors that nobody caught:
 *
 *     node blaming-server.js SOCKET
 *
 * Prints `listening`, then a line for each such error (`blamed` or `nobody's`, and its message) and for each failure
 * that is reported (`failed`, path, status, and how the answer ended). `/well` is answered when `/go` has come.
 */
import { setImmediate as turn } from "node:timers/promises";
import { exchangeError } from "../../src/diagnostics.ts";
import type { AppRequest, AppResponse } from "../../src/handler/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { gate, respond } from "../helpers/test-server.ts";

const [socket = ""] = process.argv.slice(2);
const go = gate();
const never: Promise<never> = new Promise(() => {});

function boom(): never {
  throw new Error("boom");
}

/** What fails, in a way that no promise of the handler's knows of, and then never answers. */
const faults: Readonly<Record<string, () => void>> = {
  "/timer": () => void setTimeout(boom, 1),
  "/immediate": () => void setImmediate(boom),
  "/tick": () => process.nextTick(boom),
  "/rejection": () => void Promise.reject(new Error("boom")),
  "/late-rejection": () => void turn().then(boom),
};

const server = new Server({ attributesErrors: true, plugins: [httpPlugin(answer)] });

async function answer({ environ }: AppRequest): Promise<AppResponse> {
  const path = environ.PATH_INFO;
  if (path === "/go") go.open();
  else if (path === "/well") await go.promise;
  else if (path === "/mid") {
    setTimeout(boom, 1);
    return respond(halfway(), { headers: [["Content-Length", "100"]] });
  } else if (path === "/behind") setTimeout(boom, 1);
  else {
    faults[path]?.();
    return never;
  }
  return respond("well");
}

async function* halfway(): AsyncGenerator<string> {
  yield "half";
  await never;
}

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: Error) => {
    console.log(`${server.blame(error) ? "blamed" : "nobody's"} ${error.message}`);
  });
}
exchangeError.subscribe(({ environ, status, outcome, error }) => {
  console.log(`failed ${String(environ["PATH_INFO"])} ${status} ${outcome} ${(error as Error).message}`);
});
process.on("SIGUSR2", () => void setTimeout(boom, 1));
await server.listen(socket);
console.log("listening");
