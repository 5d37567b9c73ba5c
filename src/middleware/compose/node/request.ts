/** A Node request as an application of ours sees it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { contentLengthOf, type Environ } from "../../../environ/index.ts";
import { contractError, gone } from "../../../errors.ts";
import { type AppRequest, type ByteStream, PassedRequest, type RequestBody } from "../../../handler/index.ts";
import { NodeBody } from "./body.ts";

/** A Node request that may have come from us: it has the request below then. */
export type MaybeOurs = IncomingMessage & { readonly uwsgi?: AppRequest };

/** The request: body and signal are those of the Node request, all else is of `request`. */
export class NodeRequest extends PassedRequest {
  private readonly req: IncomingMessage;
  private readonly res: ServerResponse;
  private readonly canUpgrade: boolean;
  private knownBody: NodeBody | undefined;
  private knownSignal: AbortSignal | undefined;

  constructor(request: AppRequest, environ: Environ, req: IncomingMessage, res: ServerResponse, canUpgrade: boolean) {
    super(request, environ);
    this.req = req;
    this.res = res;
    this.canUpgrade = canUpgrade;
  }

  override get body(): RequestBody {
    return (this.knownBody ??= new NodeBody(this.req, contentLengthOf(this.environ)));
  }

  /** Fires when the response is closed before its end, by whomever. */
  override get signal(): AbortSignal {
    return (this.knownSignal ??= this.newSignal());
  }

  override upgrade(): ByteStream {
    if (this.canUpgrade) return super.upgrade();
    throw contractError("a request of a Node listener has no connection to take over: listen to its server's upgrade");
  }

  /** Before the response ends. */
  release(): void {
    this.knownBody?.release();
  }

  private newSignal(): AbortSignal {
    const { res } = this;
    const controller = new AbortController();
    const onClose = (): void => {
      if (!res.writableFinished) controller.abort(this.reason());
    };
    if (res.destroyed || res.closed) onClose();
    else res.once("close", onClose);
    return controller.signal;
  }

  private reason(): unknown {
    const below = (this.req as MaybeOurs).uwsgi?.signal;
    return below?.aborted === true ? below.reason : gone("the response was closed before its end");
  }
}
