/** Applications of all interfaces that take their time: they answer when a gate is opened, if it ever is. */
import { fetchHandler, nodeHandler, wsgi } from "../../src/app/index.ts";
import type { DirectHandler, Handler } from "../../src/handler/index.ts";
import type { TestServer } from "./test-server.ts";

export interface SlowApp {
  readonly handler: Handler | DirectHandler;
  /** Why its signal has fired. */
  readonly reasons: unknown[];
}

/** Each answers `late` when `go` resolves, and fails where it rejects. */
type MakeSlowApp = (go: Promise<unknown>, reasons: unknown[]) => Handler | DirectHandler;

const makers: Readonly<Record<string, MakeSlowApp>> = {
  handler: (go, reasons) => async (request) => {
    note(request.signal, reasons);
    await go;
    return { status: 200, headers: [], body: "late" };
  },
  "direct handler": (go, reasons) => ({
    answer: async (request, answer) => {
      note(request.signal, reasons);
      await go;
      void answer.begin(200, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", 4, "la");
      await answer.write("te");
      answer.end();
    },
  }),
  wsgi: (go, reasons) =>
    wsgi(async (environ, startResponse) => {
      note(environ["uisge.request"].signal, reasons);
      await go;
      startResponse("200 OK", []);
      return "late";
    }),
  node: (go, reasons) =>
    nodeHandler((req, res) => {
      note((req as unknown as { readonly uwsgi: { readonly signal: AbortSignal } }).uwsgi.signal, reasons);
      go.then(
        () => res.end("late"),
        (error: Error) => res.destroy(error),
      );
    }),
  fetch: (go, reasons) =>
    fetchHandler(async (request) => {
      note(request.signal, reasons);
      await go;
      return new Response("late");
    }),
};

export const slowInterfaces: readonly string[] = Object.keys(makers);

export function slowApp(name: string, go: Promise<unknown>): SlowApp {
  const make = makers[name];
  if (make === undefined) throw new Error(`there is no interface ${name}`);
  const reasons: unknown[] = [];
  return { handler: make(go, reasons), reasons };
}

function note(signal: AbortSignal, reasons: unknown[]): void {
  signal.addEventListener("abort", () => reasons.push(signal.reason));
}

/** What nobody opens. */
export const never: Promise<never> = new Promise(() => {});

/** Lets so much time pass for requests that run, in looks a quarter of a second apart. */
export function pass({ server }: TestServer, ms: number): void {
  const { sweeper } = server.requests as unknown as { sweeper: { sweep(elapsedMs: number): void } };
  for (let left = ms; left > 0; left -= 250) sweeper.sweep(Math.min(left, 250));
}

/** Resolves when so many requests wait for their application. */
export async function waiting({ server }: TestServer, count = 1): Promise<void> {
  while (server.runningCount < count) await new Promise(setImmediate);
}

/** Turns of the event loop in which what is late would be seen. */
export async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}
