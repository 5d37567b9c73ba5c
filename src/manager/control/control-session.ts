/** One client of the control socket: its line, what is done about it, and the answer. */
import type { Socket } from "node:net";
import { errorCode } from "../../errors.ts";
import { LineReader } from "../channel/line-reader.ts";
import { obey } from "./control-commands.ts";
import {
  type AskedCommand,
  type ControlLine,
  describeCommand,
  failureLine,
  longControl,
  MAX_COMMAND_BYTES,
  parseCommand,
} from "./control-messages.ts";
import type { Controlled } from "./controlled.ts";

export interface ControlLimits {
  readonly maxClients: number;
  /** Until the line that asks is complete. */
  readonly askMs: number;
  /** Most that a client may stand still before it has taken its answer, once that is complete. */
  readonly takeMs: number;
  /** Between two looks at how far a reload is. */
  readonly progressMs: number;
}

export const defaultLimits: ControlLimits = { maxClients: 8, askMs: 5_000, takeMs: 5_000, progressMs: 250 };

/** Bytes that a client may be behind; further lines of progress are left out. */
const MAX_BEHIND_BYTES = 64 * 1024;

export class ControlSession {
  /** Resolves when its connection has closed. */
  readonly gone: Promise<void>;
  private readonly socket: Socket;
  private readonly controlled: Controlled;
  private readonly onCommand: (text: string) => void;
  private readonly limits: ControlLimits;
  private readonly reader = new LineReader(MAX_COMMAND_BYTES, longControl);
  private readonly timer: NodeJS.Timeout;
  private asked: AskedCommand | undefined;
  private isAnswered = false;

  constructor(socket: Socket, controlled: Controlled, onCommand: (text: string) => void, limits: ControlLimits) {
    this.socket = socket;
    this.controlled = controlled;
    this.onCommand = onCommand;
    this.limits = limits;
    this.gone = new Promise((resolve) => {
      socket.once("close", () => {
        clearTimeout(this.timer);
        resolve();
      });
    });
    // Behind it comes the close.
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => this.read(chunk));
    socket.on("end", () => this.readEnd());
    // A client keeps no manager alive that could end.
    this.timer = setTimeout(() => socket.destroy(), limits.askMs).unref();
  }

  /** Answers with that line alone. */
  refuse(line: ControlLine): void {
    this.answer(line);
  }

  /** The manager has ended: who waits for that is answered, who waits for something else is told. Resolves when it is gone. */
  end(): Promise<void> {
    const { command } = this.asked?.command ?? {};
    if (command === "stop") this.answer({ done: true });
    else this.answer(failureLine("UWSGI_SERVER_CLOSED", "the manager has ended"));
    return this.gone;
  }

  private read(chunk: Buffer): void {
    // What comes behind the line that asks is taken, so that the answer is not lost by a reset, and forgotten.
    if (this.asked !== undefined || this.isAnswered) return;
    try {
      const [line] = this.reader.push(chunk);
      if (line === undefined) return;
      this.asked = parseCommand(line);
    } catch (error) {
      this.answer(failureOf(error));
      return;
    }
    clearTimeout(this.timer);
    void this.obey(this.asked);
  }

  private readEnd(): void {
    if (this.asked !== undefined || this.isAnswered) return;
    if (this.reader.pending === 0) this.socket.destroy();
    else this.answer(failureLine("UWSGI_BAD_CONTROL", "the line ends without its end, a line feed"));
  }

  private async obey({ command, from }: AskedCommand): Promise<void> {
    // Looking is not logged: a monitor asks every few seconds.
    if (command.command !== "status" && command.command !== "requests") {
      const who = from === undefined ? "" : `, which says it is ${JSON.stringify(from)}`;
      this.onCommand(`asked by the control socket: ${describeCommand(command)}${who}`);
    }
    try {
      this.answer(await obey(command, this.controlled, (line) => this.tell(line), this.limits.progressMs));
    } catch (error) {
      this.answer(failureOf(error));
    }
  }

  private tell(line: ControlLine): void {
    const isProgress = "progress" in line;
    if (this.isAnswered || (isProgress && this.socket.writableLength > MAX_BEHIND_BYTES)) return;
    this.socket.write(`${JSON.stringify(line)}\n`);
  }

  private answer(line: ControlLine): void {
    if (this.isAnswered) return;
    this.tell(line);
    this.isAnswered = true;
    this.socket.end();
    clearTimeout(this.timer);
    this.socket.setTimeout(this.limits.takeMs, () => this.socket.destroy());
  }
}

function failureOf(error: unknown): ControlLine {
  const message = error instanceof Error ? error.message : String(error);
  return { error: { code: errorCode(error) ?? "UWSGI_CONTROL_FAILED", message } };
}
