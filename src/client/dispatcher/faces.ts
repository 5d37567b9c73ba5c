/**
 * A handler of one of undici's two interfaces, seen by somebody who speaks the other.
 *
 * An exchange speaks the newer only (`controlled`). An interceptor speaks that of its own major and wraps what it is
 * given, so between interceptors every handler shows both faces (`bothFaces`), and it does not matter who made whom:
 * fetch of Node 20 with interceptors of undici 7, or the other way round. undici's own `compose` does so for older
 * handlers in newer interceptors only, from 7 on.
 */
import type { Duplex } from "node:stream";
import { RelayedController } from "./controller.ts";
import type {
  CallbackHandler,
  ControlledHandler,
  DispatchController,
  DispatchHandler,
  HeaderRecord,
  RawHeaders,
} from "./handlers.ts";
import { headerRecordOf, headersFrom, rawHeadersOf } from "./response-headers.ts";

/** A handler in the newer interface, called by an exchange itself. */
export function controlled(handler: DispatchHandler): ControlledHandler {
  return isControlled(handler) ? handler : new ControlledFace(handler, true);
}

/** A handler that answers to both interfaces. */
export function bothFaces(handler: DispatchHandler): DispatchHandler {
  return isControlled(handler) && typeof handler.onConnect === "function" ? handler : new BothFaces(handler);
}

function isControlled(handler: DispatchHandler): boolean {
  return typeof handler.onRequestStart === "function";
}

/** What both interfaces have. */
class Face<Handler extends DispatchHandler> {
  protected readonly handler: Handler;

  constructor(handler: Handler) {
    this.handler = handler;
  }

  onResponseStarted(): unknown {
    return this.handler.onResponseStarted?.();
  }

  onBodySent(...args: never): unknown {
    return this.handler.onBodySent?.(...args);
  }

  onRequestSent(): unknown {
    return this.handler.onRequestSent?.();
  }
}

/** An older handler, called as a newer one. */
class ControlledFace extends Face<CallbackHandler> implements ControlledHandler {
  /** Whether the raw headers of the controller are those of the response: an interceptor may have changed the others. */
  private readonly isDirect: boolean;

  constructor(handler: CallbackHandler, isDirect: boolean) {
    super(handler);
    this.isDirect = isDirect;
  }

  onRequestStart(controller: DispatchController, context: unknown): void {
    this.handler.onConnect?.((reason) => controller.abort(reason), context);
  }

  onRequestUpgrade(controller: DispatchController, status: number, headers: HeaderRecord, socket: Duplex): void {
    this.handler.onUpgrade?.(status, this.rawOf(headers, controller), socket);
  }

  onResponseStart(controller: DispatchController, status: number, headers: HeaderRecord, reason = ""): void {
    const raw = this.rawOf(headers, controller);
    if (this.handler.onHeaders?.(status, raw, () => controller.resume(), reason) === false) controller.pause();
  }

  onResponseData(controller: DispatchController, chunk: Buffer): void {
    if (this.handler.onData?.(chunk) === false) controller.pause();
  }

  onResponseEnd(_controller: DispatchController, trailers: HeaderRecord): void {
    this.handler.onComplete?.(rawHeadersOf(headersFrom(trailers)) as never);
  }

  onResponseError(_controller: DispatchController, error: Error): void {
    if (this.handler.onError === undefined) throw error;
    this.handler.onError(error);
  }

  private rawOf(headers: HeaderRecord, { rawHeaders }: DispatchController): RawHeaders {
    return this.isDirect && Array.isArray(rawHeaders) ? (rawHeaders as RawHeaders) : rawHeadersOf(headersFrom(headers));
  }
}

/** A newer handler, called as an older one. */
class CallbackFace extends Face<ControlledHandler> implements CallbackHandler {
  private controller = new RelayedController(() => {});

  onConnect(abort: (reason?: Error) => void, context: unknown = null): void {
    this.controller = new RelayedController((reason) => abort(reason as Error));
    this.handler.onRequestStart?.(this.controller, context);
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): void {
    this.controller.begin(headers, () => {});
    this.handler.onRequestUpgrade?.(this.controller, status, recordOf(headers), socket);
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, reason: string): boolean {
    this.controller.begin(headers, resume);
    this.handler.onResponseStart?.(this.controller, status, recordOf(headers), reason);
    return !this.controller.paused;
  }

  onData(chunk: Buffer): boolean {
    this.handler.onResponseData?.(this.controller, chunk);
    return !this.controller.paused;
  }

  onComplete(trailers: unknown): void {
    this.controller.rawTrailers = trailers ?? [];
    this.handler.onResponseEnd?.(this.controller, recordOf(trailers));
  }

  onError(error: Error): void {
    if (this.handler.onResponseError === undefined) throw error;
    this.handler.onResponseError(this.controller, error);
  }
}

/** Each face is made when it is called: only one of them ever is. */
class BothFaces extends Face<DispatchHandler> implements DispatchHandler {
  private newer: ControlledHandler | undefined;
  private older: CallbackHandler | undefined;

  private get asNewer(): ControlledHandler {
    return (this.newer ??= isControlled(this.handler) ? this.handler : new ControlledFace(this.handler, false));
  }

  private get asOlder(): CallbackHandler {
    return (this.older ??= isControlled(this.handler) ? new CallbackFace(this.handler) : this.handler);
  }

  onRequestStart(controller: DispatchController, context: unknown): unknown {
    return this.asNewer.onRequestStart?.(controller, context);
  }

  onRequestUpgrade(controller: DispatchController, status: number, headers: HeaderRecord, socket: Duplex): unknown {
    return this.asNewer.onRequestUpgrade?.(controller, status, headers, socket);
  }

  onResponseStart(controller: DispatchController, status: number, headers: HeaderRecord, reason?: string): unknown {
    return this.asNewer.onResponseStart?.(controller, status, headers, reason);
  }

  onResponseData(controller: DispatchController, chunk: Buffer): unknown {
    return this.asNewer.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: DispatchController, trailers: HeaderRecord): unknown {
    return this.asNewer.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: DispatchController, error: Error): unknown {
    if (this.asNewer.onResponseError === undefined) throw error;
    return this.asNewer.onResponseError(controller, error);
  }

  onConnect(abort: (reason?: Error) => void, context?: unknown): unknown {
    return this.asOlder.onConnect?.(abort, context);
  }

  onUpgrade(status: number, headers: RawHeaders, socket: Duplex): unknown {
    return this.asOlder.onUpgrade?.(status, headers, socket);
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, reason: string): unknown {
    return this.asOlder.onHeaders?.(status, headers, resume, reason);
  }

  onData(chunk: Buffer): unknown {
    return this.asOlder.onData?.(chunk);
  }

  onComplete(trailers: never): unknown {
    return this.asOlder.onComplete?.(trailers);
  }

  onError(error: Error): unknown {
    if (this.asOlder.onError === undefined) throw error;
    return this.asOlder.onError(error);
  }
}

function recordOf(raw: unknown): HeaderRecord {
  return headerRecordOf(headersFrom(raw));
}
