/** Reads what a process prints, as long as anybody has its streams, and tells it line by line. */
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { FloodGate } from "./flood-gate.ts";
import { type OutputLine, OutputLines } from "./output-lines.ts";
import type { OutputStream, Printed } from "./printed-record.ts";

/** Where lines are held back and none follows, their number is told after so long. */
const COUNT_MS = 1_000;

export interface OutputOwner {
  onPrinted(printed: Printed): void;
  /** Both streams have ended: nobody is left who could print. */
  onEnd(): void;
}

/** Undefined where it is not to be read, or there is no such process. */
export function followOutput(
  { stdout, stderr }: Pick<ChildProcess, "stdout" | "stderr">,
  linesPerSecond: number | undefined,
  owner: OutputOwner,
): ProcessOutput | undefined {
  // Of a process that could not be started, streams may be missing.
  const isThere = linesPerSecond !== undefined && stdout !== null && stderr !== null;
  return isThere ? new ProcessOutput(stdout, stderr, linesPerSecond, owner) : undefined;
}

/** Streams of a child process; they are read at once, whatever becomes of the lines: who prints never waits for a log. */
export class ProcessOutput {
  private readonly streams: readonly StreamOutput[];

  /** `linesPerSecond`: of each stream. */
  constructor(stdout: Readable, stderr: Readable, linesPerSecond: number, owner: OutputOwner) {
    const follow = (name: OutputStream, stream: Readable): StreamOutput =>
      new StreamOutput(name, stream, linesPerSecond, {
        onPrinted: (printed) => owner.onPrinted(printed),
        onEnd: () => {
          if (this.isOver) owner.onEnd();
        },
      });
    this.streams = [follow("stdout", stdout), follow("stderr", stderr)];
  }

  /** Nothing more can come. */
  get isOver(): boolean {
    return this.streams.every(({ isOver }) => isOver);
  }

  /**
   * The process has ended: what it has begun is told as it is. What it has started may print on, and is heard; this
   * process does not stay for that.
   */
  settle(): void {
    for (const stream of this.streams) stream.settle();
  }
}

class StreamOutput {
  isOver = false;
  private readonly name: OutputStream;
  private readonly stream: Readable & { unref?(): void };
  private readonly owner: OutputOwner;
  private readonly lines = new OutputLines();
  private readonly gate: FloodGate;
  private timer: NodeJS.Timeout | undefined;

  constructor(name: OutputStream, stream: Readable, linesPerSecond: number, owner: OutputOwner) {
    this.name = name;
    this.stream = stream;
    this.owner = owner;
    this.gate = new FloodGate(linesPerSecond);
    stream.on("data", (chunk: Buffer) => this.onData(chunk));
    // "close" follows.
    stream.on("error", () => {});
    stream.once("close", () => this.onClose());
  }

  settle(): void {
    const rest = this.lines.end();
    if (rest !== undefined) this.offer(rest, performance.now());
    const last = this.gate.takeLast();
    this.tellCount(last.length > 0);
    for (const line of last) this.tell(line);
    this.stream.unref?.();
  }

  private onData(chunk: Buffer): void {
    const now = performance.now();
    for (const line of this.lines.push(chunk)) this.offer(line, now);
  }

  private onClose(): void {
    this.isOver = true;
    this.settle();
    clearTimeout(this.timer);
    this.owner.onEnd();
  }

  private offer(line: OutputLine, now: number): void {
    if (!this.gate.admit(line, now)) {
      this.timer ??= setTimeout(() => this.tellCount(), COUNT_MS).unref();
      return;
    }
    this.tellCount();
    this.tell(line);
  }

  private tell(line: OutputLine): void {
    // An empty line says nothing by itself.
    if (line.bytes.length > 0) this.owner.onPrinted({ kind: "line", stream: this.name, ...line });
  }

  private tellCount(hasLast = false): void {
    const lines = this.gate.takeCount();
    clearTimeout(this.timer);
    this.timer = undefined;
    if (lines > 0 || hasLast) this.owner.onPrinted({ kind: "left-out", stream: this.name, lines, hasLast });
  }
}
