/** `wsgi.input` as `lint` gives it to an application: rules 19 to 24, of both sides. */
import { isUint8Array } from "node:util/types";
import { isPromiseLike } from "../../handler/index.ts";
import type { WsgiInput } from "../wsgi/types.ts";
import { type Faults, show } from "./faults.ts";

const LF = 10;

type Method = "read" | "readline" | "readlines";

export class LintedInput implements WsgiInput {
  private readonly input: WsgiInput;
  private readonly faults: Faults;
  /** Bytes that CONTENT_LENGTH announces; NaN when nobody can say. */
  private readonly length: number;
  private taken = 0;
  private isAtEnd = false;
  private isReading = false;

  constructor(input: WsgiInput, length: number, faults: Faults) {
    this.input = input;
    this.length = length;
    this.faults = faults;
  }

  read(...given: readonly unknown[]): Promise<Uint8Array> {
    return this.ask("read", given, (bytes, most) => {
      if (!this.checkBytes("read", bytes, most) || bytes.length >= most) return;
      if (this.taken < this.length) this.tooFew("read", bytes.length);
      this.isAtEnd = true;
    });
  }

  readline(...given: readonly unknown[]): Promise<Uint8Array> {
    return this.ask("readline", given, (bytes, most) => this.checkLine(bytes, most));
  }

  readlines(...given: readonly unknown[]): Promise<Uint8Array[]> {
    return this.ask("readlines", given, (lines) => {
      if (!Array.isArray(lines)) this.faults.server(19, `wsgi.input.readlines gave ${show(lines)}, a list is needed`);
      else for (const line of lines as readonly Uint8Array[]) this.checkLine(line, Number.POSITIVE_INFINITY);
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, undefined> {
    for await (const chunk of this.input) {
      this.checkBytes("iteration", chunk, Number.POSITIVE_INFINITY);
      yield chunk;
    }
    if (this.taken < this.length) this.tooFew("iteration", 0);
    this.isAtEnd = true;
    return undefined;
  }

  /** The stream is the server's. */
  close(): void {
    this.faults.application(24, "wsgi.input was closed, it is the server's");
  }

  private async ask<Answer>(
    method: Method,
    given: readonly unknown[],
    check: (answer: Answer, most: number) => void,
  ): Promise<Answer> {
    this.checkArguments(method, given);
    if (this.isReading) this.faults.application(19, `wsgi.input.${method} was called while another read waits`);
    this.isReading = true;
    try {
      const [size] = given;
      const asked = this.input[method](...(given as [number?])) as unknown as Promise<Answer>;
      if (!isPromiseLike(asked)) this.faults.server(19, `wsgi.input.${method} gave ${show(asked)}, not a promise`);
      const answer = await asked;
      check(answer, typeof size === "number" && size >= 0 ? size : Number.POSITIVE_INFINITY);
      return answer;
    } finally {
      this.isReading = false;
    }
  }

  private checkArguments(method: Method, given: readonly unknown[]): void {
    const [size] = given;
    const isSize = size === undefined || size === null || size === Number.POSITIVE_INFINITY || Number.isInteger(size);
    if (given.length <= 1 && isSize) return;
    this.faults.application(19, `wsgi.input.${method} got ${given.map(show).join(", ")}, it takes one whole number`);
  }

  /** A line ends with its line feed, unless it is as long as was asked for, or the body ends. */
  private checkLine(line: Uint8Array, most: number): void {
    if (!this.checkBytes("readline", line, most)) return;
    const end = line.indexOf(LF);
    if (end >= 0 && end < line.length - 1) this.faults.server(19, "wsgi.input.readline gave more than one line");
    if (end < 0 && line.length < most) {
      if (this.taken < this.length) this.tooFew("readline", line.length);
      this.isAtEnd = true;
    }
  }

  private checkBytes(method: string, bytes: unknown, most: number): bytes is Uint8Array {
    if (!isUint8Array(bytes)) {
      this.faults.server(19, `wsgi.input.${method} gave ${show(bytes)}, a Uint8Array is needed`);
      return false;
    }
    if (bytes.length > most)
      this.faults.server(19, `wsgi.input.${method} gave ${bytes.length} bytes, asked was for ${most}`);
    if (this.isAtEnd && bytes.length > 0) this.faults.server(21, `wsgi.input.${method} gave bytes behind the end`);
    this.taken += bytes.length;
    if (this.taken > this.length) {
      this.faults.server(20, `wsgi.input gave ${this.taken} bytes, CONTENT_LENGTH is ${this.length}`);
    }
    return true;
  }

  private tooFew(method: string, bytes: number): void {
    const what = `wsgi.input.${method} gave ${bytes} bytes as the last, ${this.taken} of ${this.length} in all`;
    this.faults.server(22, `${what}: a short body is an error`);
  }
}
