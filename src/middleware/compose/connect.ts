/** Connect and Express middleware as middleware of ours. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeHandler } from "../../app/index.ts";
import { typeError } from "../../errors.ts";
import { type AppRequest, asHandler, type Handler, type Middleware, titled } from "../../handler/index.ts";
import { close, sendResponse } from "./node/answer.ts";
import { type ConnectErrorFunction, type ConnectFunction, runChain } from "./node/chain.ts";
import { place } from "./node/place.ts";
import { NodeRequest } from "./node/request.ts";

/**
 * Puts middleware for Node's `(req, res, next)`, in the order given, around an application of any interface. What it
 * does to `res` is done to the answer of the application: its headers stand beside those that were set before, its body
 * goes through whatever `write` and `end` have become. What it answers itself is the answer.
 *
 * Those of four parameters get the errors: what one before them has thrown, rejected with or passed to `next`, and
 * what the application has failed with. What none of them answers is a failure of the request.
 *
 * The application gets the environ of the request, moved where `req.url` or `req.method` was changed, with the Node
 * request as `uisge.req` (`req.body`, `req.user`). Of a body that was read before it gets what is left.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no function.
 */
export function connectMiddleware(
  first: ConnectFunction | ConnectErrorFunction,
  ...more: readonly (ConnectFunction | ConnectErrorFunction)[]
): Middleware {
  const chain = [first, ...more];
  for (const [i, one] of (chain as readonly unknown[]).entries()) {
    if (typeof one === "function") continue;
    throw typeError("UWSGI_INVALID_ARGUMENT", `Connect middleware ${i + 1} is ${typeof one}, a function is needed`);
  }
  const names = chain.map(({ name }) => name).filter((name) => name !== "");
  const title = names.length === 0 ? "Connect middleware" : names.join(", ");
  return titled(title, (next) =>
    asHandler(nodeHandler((req, res) => new Call(chain, next, req as OurRequest, res).run())),
  );
}

type OurRequest = IncomingMessage & { readonly uwsgi: AppRequest };

/** One request on its way through the middleware. */
class Call {
  private readonly chain: readonly (ConnectFunction | ConnectErrorFunction)[];
  private readonly next: Handler;
  private readonly req: OurRequest;
  private readonly res: ServerResponse;
  private readonly url: string | undefined;
  private readonly method: string | undefined;

  constructor(chain: Call["chain"], next: Handler, req: OurRequest, res: ServerResponse) {
    this.chain = chain;
    this.next = next;
    this.req = req;
    this.res = res;
    this.url = req.url;
    this.method = req.method;
  }

  /** Rejects with what is left of a failure. */
  run(): Promise<void> {
    const { chain, req, res } = this;
    return new Promise((resolve, reject) => {
      const onEnd = (error: unknown): void => {
        if (error === undefined) void this.pass(resolve, onFailure);
        else reject(error);
      };
      // Of the application: to those that take errors, all of which stand behind it.
      const onFailure = (failure: unknown): void => {
        if (res.headersSent || res.destroyed) reject(failure);
        else {
          const takers = chain.filter(({ length }) => length === 4);
          runChain(takers, failure, req, res, { onEnd: (error) => reject(error ?? failure), onLate: reject });
        }
      };
      runChain(chain, undefined, req, res, { onEnd, onLate: reject });
    });
  }

  private async pass(onSent: () => void, onFailure: (failure: unknown) => void): Promise<void> {
    try {
      await this.ask();
      onSent();
    } catch (error) {
      onFailure(error);
    }
  }

  /** Asks the application, and sends what it answers. */
  private async ask(): Promise<void> {
    const { req, res } = this;
    // Somebody has answered, and gone on all the same.
    if (res.writableEnded || res.destroyed) return;
    const { uwsgi: below } = req;
    const { environ } = below;
    environ["uisge.req"] = req;
    if (req.url !== this.url) place(environ, req);
    if (req.method !== this.method && req.method !== undefined) environ.REQUEST_METHOD = req.method;
    const request = new NodeRequest(below, environ, req, res, true);
    try {
      const response = await this.next(request);
      if (request.isUpgraded) await close(response, request);
      else await sendResponse(response, request, req.method ?? "GET", res);
    } catch (error) {
      request.release();
      throw error;
    }
  }
}
