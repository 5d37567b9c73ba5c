/** Answers to a request with an Upgrade: raw bytes behind a 101, else HTTP by its rules, as the last of its connection. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Header } from "../../codec/index.ts";
import { Http1Answer } from "./http1-answer.ts";

export class UpgradeAnswer extends Http1Answer {
  private readonly raw: ServerResponse;
  private readonly client: Socket;
  private isSwitched = false;
  private isOver = false;

  constructor(req: IncomingMessage, socket: Socket, writeTimeoutMs: number) {
    const res = new ServerResponse(req);
    // What follows the request was not read as HTTP.
    super(res, socket, () => true, writeTimeoutMs);
    this.raw = res;
    this.client = socket;
    socket.on("close", () => this.markGone());
    socket.on("drain", () => this.signal());
  }

  /** True when the connection goes on as another protocol. */
  get hasSwitched(): boolean {
    return this.isSwitched;
  }

  override askForBody(): void {
    if (this.status === 0 && !this.isGone) this.client.write("HTTP/1.1 100 Continue\r\n\r\n");
  }

  override cut(): boolean {
    if (!this.isSwitched) return super.cut();
    this.client.destroy();
    return true;
  }

  protected override get hasRoom(): boolean {
    return !this.client.writableNeedDrain;
  }

  protected override get isFinished(): boolean {
    return this.isSwitched ? this.isOver : super.isFinished;
  }

  protected override sendHead(status: number, reason: string, headers: readonly Header[]): void {
    if (status === 101) {
      this.isSwitched = true;
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
      this.client.write(`HTTP/1.1 101 ${reason}\r\n${lines.join("")}\r\n`, "latin1");
      return;
    }
    this.raw.assignSocket(this.client);
    super.sendHead(status, reason, headers);
  }

  protected override sendChunk(chunk: Uint8Array): boolean {
    return this.isSwitched ? this.client.write(chunk) : super.sendChunk(chunk);
  }

  protected override sendEnd(): void {
    if (!this.isSwitched) {
      super.sendEnd();
      return;
    }
    this.client.end(() => {
      this.isOver = true;
      this.signal();
    });
  }
}
