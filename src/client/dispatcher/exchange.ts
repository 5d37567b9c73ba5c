/**
 * One request of a dispatcher, from the handler's `onRequestStart` to its end, error or upgrade: whichever comes first,
 * and nothing after it. Whatever fails (the sender, the body, a callback of the handler's, an abort) goes one way, `fail`.
 */
import { ProtocolError } from "../../errors.ts";
import type { PacketRequest, Response, Sender } from "../packet-request.ts";
import { spool, type Spooled } from "../spool.ts";
import { Controller } from "./controller.ts";
import { controlled } from "./faces.ts";
import { GuardedBody } from "./guarded-body.ts";
import type { ControlledHandler, DispatchHandler } from "./handlers.ts";
import type { PlannedRequest } from "./planned-request.ts";
import { headerRecordOf, rawHeadersOf } from "./response-headers.ts";
import { UpgradedSocket } from "./upgraded-socket.ts";

/** What goes with every request of a dispatcher. */
export interface ExchangeOptions {
  readonly sender: Sender;
  readonly modifier1: number;
  readonly modifier2: number;
  /** Behind those of the request, and instead of those of the same name. */
  readonly vars: ReadonlyMap<string, string>;
  readonly maxBodyBytes: number;
  readonly spoolFolder: string | undefined;
}

export class Exchange {
  private readonly plan: PlannedRequest;
  private readonly options: ExchangeOptions;
  private readonly handler: ControlledHandler;
  private readonly controller: Controller = new Controller((reason) => this.fail(reason ?? aborted()));
  private readonly absence: AbortController = new AbortController();
  private body: GuardedBody | undefined;
  private isOver = false;

  constructor(plan: PlannedRequest, handler: DispatchHandler, options: ExchangeOptions) {
    this.plan = plan;
    this.options = options;
    this.handler = controlled(handler);
  }

  /** Settles when it is over. Never rejects: the handler is told. */
  async run(): Promise<void> {
    let spooled: Spooled | undefined;
    try {
      // At once: until then an abort would find nobody.
      this.handler.onRequestStart?.(this.controller, null);
      const { plan } = this;
      if (this.isOver) return;
      if (plan.body !== undefined && plan.length === undefined) {
        // Refused by its head before the body is kept for nothing.
        plan.vars(0);
        const { maxBodyBytes, spoolFolder } = this.options;
        spooled = await spool(this.guard(undefined), maxBodyBytes, spoolFolder);
        if (this.isOver) return;
      }
      await this.send(spooled);
    } catch (error) {
      this.fail(error);
    } finally {
      this.body?.stop(aborted());
      await spooled?.[Symbol.asyncDispose]();
    }
  }

  /** Ends it, if it is not over: the handler has an error, the connection is closed. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const reason = error instanceof Error ? error : aborted(error);
    // Before the connection, whose end would be taken for the cause.
    this.body?.stop(reason);
    this.plan.body?.cancel(reason);
    this.absence.abort(reason);
    this.controller.release();
    // An abort's reason is passed on as it is, whatever it is.
    tell(() => this.handler.onResponseError?.(this.controller, error as Error));
  }

  private async send(spooled: Spooled | undefined): Promise<void> {
    const { plan, options } = this;
    if (plan.upgrade !== undefined) {
      const socket = new UpgradedSocket(() => this.absence.abort());
      const response = await options.sender.send({
        ...this.packet(undefined),
        body: socket.outgoing,
        // Those who talk may be silent.
        timeouts: { ...plan.timeouts, bodyMs: Number.POSITIVE_INFINITY },
      });
      if (response.status === 101) this.upgrade(response, socket);
      else await this.deliver(response);
      return;
    }
    const packet = this.packet(spooled?.length ?? plan.length);
    const response = await options.sender.send({ ...packet, ...this.bodyOf(spooled) });
    if (plan.body === undefined) this.handler.onRequestSent?.();
    await this.deliver(response);
  }

  private packet(contentLength: number | undefined): PacketRequest {
    const { modifier1, modifier2, vars } = this.options;
    const own = this.plan.vars(contentLength).filter(([name]) => !vars.has(name));
    return {
      vars: [...own, ...vars],
      modifier1,
      modifier2,
      isHead: this.plan.method === "HEAD",
      signal: this.absence.signal,
      timeouts: this.plan.timeouts,
    };
  }

  private bodyOf(spooled: Spooled | undefined): Partial<PacketRequest> {
    if (spooled !== undefined) return { body: spooled.body };
    const { body, length } = this.plan;
    return body === undefined ? {} : { body: this.guard(length), isBodyReplayable: body.isReplayable };
  }

  private guard(length: number | undefined): GuardedBody {
    const { body } = this.plan;
    if (body === undefined) throw new Error("a guard without a body");
    return (this.body = new GuardedBody(body, length, {
      onChunk: (chunk) => this.handler.onBodySent?.(...([chunk] as never)),
      onEnd: () => this.handler.onRequestSent?.(),
      onError: (error) => this.fail(error),
    }));
  }

  /** The response, piece by piece and no faster than the handler wants it. Fails, or throws for `fail`. */
  private async deliver({ status, reason, headers, body }: Response): Promise<void> {
    if (this.isOver) return;
    const { controller, handler } = this;
    if (status < 200) {
      throw new ProtocolError(`the response has the status ${status}, and ${this.asked()}`, {
        code: "UWSGI_BAD_RESPONSE_HEAD",
      });
    }
    handler.onResponseStarted?.();
    controller.rawHeaders = rawHeadersOf(headers);
    handler.onResponseStart?.(controller, status, headerRecordOf(headers), reason);
    if (controller.paused) await controller.going();
    if (this.isOver) return;
    // Leaving the loop closes the connection.
    for await (const chunk of body) {
      if (this.isOver) return;
      handler.onResponseData?.(controller, bufferOf(chunk));
      if (controller.paused) await controller.going();
      if (this.isOver) return;
    }
    if (this.isOver) return;
    controller.rawTrailers = [];
    handler.onResponseEnd?.(controller, {});
    this.isOver = true;
  }

  private upgrade({ status, headers, body }: Response, socket: UpgradedSocket): void {
    if (this.isOver) return;
    const { controller, handler } = this;
    if (handler.onRequestUpgrade === undefined) {
      throw new ProtocolError("the response has the status 101, and its handler knows of no upgrade", {
        code: "UWSGI_BAD_RESPONSE_HEAD",
      });
    }
    this.isOver = true;
    controller.rawHeaders = rawHeadersOf(headers);
    socket.open(body);
    try {
      handler.onRequestUpgrade(controller, status, headerRecordOf(headers), socket);
    } catch (error) {
      socket.destroy();
      tell(() => handler.onResponseError?.(controller, error as Error));
    }
  }

  private asked(): string {
    return this.plan.upgrade === undefined ? "no upgrade was asked for" : `101 to ${this.plan.upgrade} was asked for`;
  }
}

/** Calls a handler for the last time. What it throws has nowhere to go but to the process, as with undici. */
export function tell(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** As `RequestAbortedError` of undici, which is told by its name and its code. */
function aborted(cause?: unknown): Error {
  return Object.assign(new Error("the request was aborted", { cause }), {
    name: "AbortError",
    code: "UND_ERR_ABORTED",
  });
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
