/** One call of an application as `lint` sees it: startResponse, `write`, and how many bytes the body has. */
import { isUint8Array } from "node:util/types";
import { type BodyChunk, isPromiseLike } from "../../handler/index.ts";
import type { StartResponse, Write } from "../wsgi/types.ts";
import { type Faults, show } from "./faults.ts";
import { lengthIn, type Wrong, wrongInHeaders, wrongInStatus } from "./head-rules.ts";

interface Begun {
  readonly status: number;
  /** The Content-Length that was announced. */
  readonly length: number | undefined;
}

/** What is taken for begun when the head was wrong, and went out all the same. */
const UNKNOWN: Begun = { status: 200, length: undefined };

export class LintedCall {
  readonly faults: Faults;
  private readonly start: StartResponse;
  private readonly isHead: boolean;
  private begun: Begun | undefined;
  /** The head must have left by now. */
  private hasSent = false;
  private bytes = 0;
  private isOver = false;

  constructor(start: StartResponse, method: unknown, faults: Faults) {
    this.start = start;
    this.isHead = method === "HEAD";
    this.faults = faults;
  }

  /** What the application gets as startResponse. */
  readonly startResponse = (...given: readonly unknown[]): Write => {
    const { faults, begun, hasSent } = this;
    if (given.length < 2 || given.length > 3) {
      faults.application(26, `startResponse got ${given.length} arguments, it takes status, headers, and an error`);
    }
    const [status, headers, error] = given as Parameters<StartResponse>;
    const isWithError = error !== undefined && error !== null;
    if (begun !== undefined && !isWithError) {
      faults.application(34, "startResponse was called a second time without an error");
    }
    if (isWithError && hasSent) return this.failLate(given as Parameters<StartResponse>);
    const wrong = this.wrongIn(status, headers);
    for (const [rule, what] of wrong) faults.application(rule, what);
    const write: unknown = this.start(...(given as Parameters<StartResponse>));
    // A server may be glad of whatever iterates pairs.
    const refusable = Array.isArray(headers) ? wrong : [];
    for (const [rule, what] of refusable) faults.server(30, `startResponse took what breaks rule ${rule}: ${what}`);
    if (typeof write !== "function") faults.server(26, `startResponse answered ${show(write)}, not a function write`);
    this.begun = wrong.length === 0 ? { status: Number(status.slice(0, 3)), length: lengthIn(headers) } : UNKNOWN;
    return this.linted(write as Write);
  };

  /** Counts a chunk that was written, or taken from the body. */
  count(chunk: unknown): void {
    const { faults, begun } = this;
    const bytes = sizeOf(chunk);
    if (bytes === undefined) {
      faults.application(38, `a body chunk is ${show(chunk)}, allowed are Uint8Array and string`);
      return;
    }
    if (bytes === 0) return;
    if (begun === undefined && !this.hasSent) faults.application(40, "a chunk came before startResponse was called");
    this.hasSent = true;
    this.bytes += bytes;
    if (begun === undefined || this.isHead) return;
    const { status, length } = begun;
    if (status === 204 || status === 304) faults.application(47, `an answer with status ${status} has a body`);
    else if (length !== undefined && this.bytes > length && this.bytes - bytes <= length) {
      faults.application(45, `the body has ${this.bytes} bytes by now, its Content-Length is ${length}`);
    }
  }

  /** The body has come to its end. */
  complete(): void {
    const { faults, begun } = this;
    if (begun === undefined) {
      if (!this.hasSent) faults.application(39, "the body ended, and startResponse was never called");
      return;
    }
    const { status, length = 0 } = begun;
    const isBodiless = this.isHead || status === 204 || status === 304;
    if (!isBodiless && this.bytes < length) {
      faults.application(46, `the body has ${this.bytes} bytes, its Content-Length is ${length}`);
    }
  }

  /** The application is no longer concerned. */
  close(): void {
    this.isOver = true;
  }

  /** The head has left: all that can happen is that the given error is thrown. */
  private failLate(given: Parameters<StartResponse>): Write {
    const { faults } = this;
    const [, , error] = given;
    let write: Write;
    try {
      write = this.start(...given);
    } catch (thrown) {
      if (thrown !== error) faults.server(35, `startResponse threw ${show(thrown)}, not the error that it was given`);
      throw thrown;
    }
    faults.server(35, "startResponse took an error behind the head, and did not throw it");
    return write;
  }

  private wrongIn(status: unknown, headers: unknown): readonly Wrong[] {
    const wrong = wrongInStatus(status);
    return wrong === undefined ? [...wrongInHeaders(headers)] : [wrong, ...wrongInHeaders(headers)];
  }

  private linted(write: Write): Write {
    return (...given: readonly unknown[]) => {
      const { faults } = this;
      if (given.length !== 1) faults.application(49, `write got ${given.length} arguments, it takes one chunk`);
      if (this.isOver) faults.application(49, "write was called behind the end of the answer");
      this.count(given[0]);
      this.hasSent = true;
      const written: unknown = write(...(given as [BodyChunk]));
      if (!isPromiseLike(written)) faults.server(49, `write answered ${show(written)}, not a promise`);
      return written as Promise<void>;
    };
  }
}

/** Bytes of a chunk as it goes out; undefined for what is none. */
function sizeOf(chunk: unknown): number | undefined {
  if (typeof chunk === "string") return Buffer.byteLength(chunk);
  return isUint8Array(chunk) ? chunk.length : undefined;
}
