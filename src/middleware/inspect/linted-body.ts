/** A body that is checked while it goes by: its chunks, and what is done with it. */
import type { LintedExchange } from "./linted-exchange.ts";
import { kindOf, sizeOf } from "./lint-response.ts";
import type { BodyTap } from "./tapped-body.ts";

/** What was said of a body before it came. */
export interface Announced {
  readonly status: number;
  readonly length: number | undefined;
  readonly isHead: boolean;
}

/** Both sides of it: `layer` has given the body, `caller` uses it. */
export class LintedBody implements BodyTap {
  readonly caller: string;
  /** Whether anybody has to close it. */
  readonly isClosable: boolean;
  isClosed = false;
  private readonly exchange: LintedExchange;
  private readonly layer: string;
  private readonly announced: Announced;
  private bytes = 0;
  private isIterated = false;
  /** A chunk was asked for, and has not come. */
  isWaiting = false;

  constructor(
    exchange: LintedExchange,
    sides: { readonly layer: string; readonly caller: string },
    announced: Announced,
    isClosable: boolean,
  ) {
    this.exchange = exchange;
    this.layer = sides.layer;
    this.caller = sides.caller;
    this.announced = announced;
    this.isClosable = isClosable;
  }

  onIterate(): void {
    const { exchange, caller } = this;
    if (this.isIterated) exchange.fault(caller, ["iteration", "the body was iterated a second time"]);
    if (this.isClosed) exchange.fault(caller, ["close", "the body was iterated behind its close"]);
    if (this.announced.isHead) exchange.fault(caller, ["iteration", "the body of an answer to HEAD was iterated"]);
    this.isIterated = true;
  }

  onAsk(): void {
    const { exchange, caller } = this;
    if (this.isClosed) exchange.fault(caller, ["close", "a chunk was asked for behind the close of the body"]);
    if (this.isWaiting) exchange.fault(caller, ["iteration", "a chunk was asked for before the last one had come"]);
    this.isWaiting = true;
  }

  onChunk(chunk: unknown): void {
    this.settle();
    const { exchange, layer, announced } = this;
    const size = sizeOf(chunk);
    if (size === undefined) {
      exchange.fault(layer, ["chunk", `a chunk is ${kindOf(chunk)}, allowed are Uint8Array and text`]);
      return;
    }
    this.bytes += size;
    const { status, length, isHead } = announced;
    if (isHead || size === 0) return;
    if (status === 204 || status === 304) {
      exchange.fault(layer, ["bodiless", `an answer with status ${status} has a body`]);
    } else if (length !== undefined && this.bytes > length && this.bytes - size <= length) {
      exchange.fault(layer, ["length", `the body is longer than its Content-Length, ${length}`]);
    }
  }

  onEnd(): void {
    this.settle();
    const { status, length, isHead } = this.announced;
    if (isHead || status === 204 || status === 304 || length === undefined || this.bytes >= length) return;
    this.exchange.fault(this.layer, ["length", `the body has ${this.bytes} bytes, its Content-Length is ${length}`]);
  }

  onFailure(): void {
    this.settle();
  }

  onClose(): void {
    if (this.isClosed) this.exchange.fault(this.caller, ["close", "the body was closed a second time"]);
    this.isClosed = true;
  }

  onClosed(): void {
    this.exchange.closed(this);
  }

  private settle(): void {
    if (!this.isWaiting) return;
    this.isWaiting = false;
    this.exchange.settled();
  }
}
