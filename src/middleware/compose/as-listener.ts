/** An application of any interface as a request listener of `node:http`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Application,
  type FrameworkApplication,
  type InterfaceName,
  wrap,
  type WrapOptions,
  type WsgiApplication,
} from "../../app/index.ts";
import { reasons } from "../../codec/index.ts";
import type { Environ } from "../../environ/index.ts";
import {
  type AppRequest,
  type AppResponse,
  asHandler,
  type Handler,
  statusOf,
  describeThrown,
} from "../../handler/index.ts";
import { carryBack, copyOf } from "./moved-environ.ts";
import { sendResponse } from "./node/answer.ts";
import type { Next } from "./node/chain.ts";
import { environOf } from "./node/environ.ts";
import { ForeignRequest } from "./node/foreign-request.ts";
import { Life } from "./node/life.ts";
import { place } from "./node/place.ts";
import { type MaybeOurs, NodeRequest } from "./node/request.ts";

export interface ListenerOptions extends WrapOptions {
  /** Told of failures and of what the application logs, where no server of ours is below. Default: standard error. */
  readonly onLog?: (text: string) => void;
}

/** A request listener, which Express and Connect take as well. */
export type Listener = ((req: IncomingMessage, res: ServerResponse, next?: Next) => void) & {
  /** Has done at the application's end what it wants done then. What it wants done before, the first request does. */
  readonly close: () => Promise<void>;
};

/**
 * Makes a request listener of an application: `http.createServer(asListener(application))`,
 * `express.use("/wsgi", asListener(application))`.
 *
 * The environ is made of the request as a front end would make it, moved below where Express or Connect has mounted
 * it. A request that has come from us keeps its own, whoever stands between. Failures go to `next`, else they are
 * answered with a 500, and told to `onLog`. A request with a chunked body is a 411, an upgrade a failure.
 *
 * Throws as `wrap`.
 */
export function asListener(application: WsgiApplication | FrameworkApplication, options?: ListenerOptions): Listener;
export function asListener(
  application: Application | FrameworkApplication,
  options: ListenerOptions & { readonly interface: InterfaceName },
): Listener;
export function asListener(
  application: Application | FrameworkApplication,
  { onLog = toStandardError, ...options }: ListenerOptions = {},
): Listener {
  const { handler, lifecycle } = wrap(application as Application, [], options as { readonly interface: InterfaceName });
  const life = new Life(lifecycle);
  const call = typeof handler === "function" ? handler : asHandler(handler);
  const listener = (req: IncomingMessage, res: ServerResponse, next?: Next): void => {
    void answer(call, life, req, res, onLog).catch((error: unknown) => {
      const { uwsgi: ours } = req as MaybeOurs;
      const report = (status: number): void => {
        if (ours === undefined) onLog(describeThrown(error));
        else ours.report(error, status);
      };
      fail(error, res, next, ours, report);
    });
  };
  return Object.assign(listener, { close: () => life.close() });
}

async function answer(
  handler: Handler,
  life: Life,
  req: MaybeOurs,
  res: ServerResponse,
  onLog: (text: string) => void,
): Promise<void> {
  const starting = life.start();
  if (starting !== undefined) await starting;
  const { uwsgi: ours } = req;
  const environ = ours === undefined ? environOf(req) : copyOf(ours.environ);
  place(environ, req);
  environ["uisge.req"] = req;
  const request = new NodeRequest(ours ?? new ForeignRequest(environ, onLog), environ, req, res, false);
  try {
    await sendResponse(await asked(handler, request, ours?.environ), request, req.method ?? "GET", res);
  } finally {
    request.release();
  }
}

/** What is left in the environ is there outside before the answer is. */
async function asked(handler: Handler, request: NodeRequest, outer: Environ | undefined): Promise<AppResponse> {
  try {
    return await handler(request);
  } finally {
    if (outer !== undefined) carryBack(request.environ, outer);
  }
}

function fail(
  error: unknown,
  res: ServerResponse,
  next: Next | undefined,
  ours: AppRequest | undefined,
  report: (status: number) => void,
): void {
  // The client is gone: there is nobody to answer, and nothing to tell.
  if (res.destroyed) return;
  if (res.headersSent) {
    // A server of ours tells of an answer that is broken off.
    if (ours === undefined) report(0);
    res.destroy(error instanceof Error ? error : undefined);
    return;
  }
  const status = statusOf(error);
  if (next !== undefined) {
    // By this Express answers what is the client's fault.
    next(status === 500 ? error : Object.assign(error as Error, { status }));
    return;
  }
  if (status === 500) report(status);
  res.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  res.end(`${status} ${reasons.get(status) ?? "Error"}\n`);
}

function toStandardError(text: string): void {
  process.stderr.write(`${text}\n`);
}
