/** A client that knows nothing: bytes out, bytes in, and how the connection ended. */
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Address } from "../../src/connection/index.ts";
import { concat, latin1, packetOf, varsBlock } from "./wire.ts";

export type Vars = Readonly<Record<string, string>>;

/** How a connection ended, as its client sees it: a clean end, or the code of an error. */
export interface Ending {
  readonly bytes: Uint8Array;
  readonly how: string;
}

export class RawClient implements Disposable {
  readonly socket: Socket;
  /** Settles when the server has closed its side, or the connection broke. */
  readonly ending: Promise<Ending>;
  /** Settles when both sides are closed. */
  readonly closed: Promise<void>;
  private readonly chunks: Uint8Array[] = [];
  private how: string | undefined;
  private isReading = false;
  private wake: () => void = () => {};

  private constructor(socket: Socket, reads: boolean) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    this.ending = new Promise((resolve) => {
      const end = (how: string): void => {
        this.how ??= how;
        resolve({ bytes: this.received, how: this.how });
        this.wake();
      };
      socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      socket.on("end", () => end("end"));
      socket.on("close", () => end("close"));
    });
    if (reads) this.read();
  }

  /** Connects; reads what comes unless `reads` is false. */
  static async connect(address: Address, { reads = true }: { reads?: boolean } = {}): Promise<RawClient> {
    const socket = connect({ ...targetOf(address), allowHalfOpen: true });
    await once(socket, "connect");
    return new RawClient(socket, reads);
  }

  get received(): Uint8Array {
    return concat(this.chunks);
  }

  get text(): string {
    return Buffer.from(this.received).toString("latin1");
  }

  /** Begins to read, where it does not yet. */
  read(): this {
    if (this.isReading) return this;
    this.isReading = true;
    this.socket.on("data", (chunk: Uint8Array) => {
      this.chunks.push(chunk);
      this.wake();
    });
    return this;
  }

  /** Writes; settles when the system has taken it all, or the connection broke. */
  send(...parts: readonly (Uint8Array | string)[]): Promise<void> {
    const bytes = concat(parts.map((part) => (typeof part === "string" ? latin1(part) : part)));
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Settles when the text was received; rejects when the connection ends without it. */
  async until(text: string): Promise<void> {
    // Of what was looked at, the end may be the beginning of the text.
    let tail = "";
    let seen = 0;
    for (;;) {
      const fresh = tail + Buffer.from(concat(this.chunks.slice(seen))).toString("latin1");
      if (fresh.includes(text)) return;
      tail = text.length > 1 ? fresh.slice(1 - text.length) : "";
      seen = this.chunks.length;
      if (this.how !== undefined) throw new Error(`ended by ${this.how} after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Closes our sending side. */
  end(): void {
    this.socket.end();
  }

  /** Closes both sides now. */
  destroy(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** Where to connect, as Node takes it. */
function targetOf(address: Address): NetConnectOpts {
  switch (address.kind) {
    case "unix":
      return { path: address.path };
    case "abstract":
      return { path: `\0${address.name}` };
    case "tcp":
      return { host: address.host, port: address.port };
    default:
      throw new Error(`there is no plain way to ${address.kind}`);
  }
}

/** A request packet, and bytes behind it. */
export function requestOf(vars: Vars, body: Uint8Array | string = ""): Uint8Array {
  const bytes = typeof body === "string" ? latin1(body) : body;
  return concat([packetOf(varsBlock(Object.entries(vars))), bytes]);
}

/** A GET, or whatever `vars` make of it. */
export function get(vars: Vars = {}): Uint8Array {
  return requestOf({ REQUEST_METHOD: "GET", PATH_INFO: "/", ...vars });
}

/** A POST with its CONTENT_LENGTH. */
export function post(body: Uint8Array | string, vars: Vars = {}): Uint8Array {
  return requestOf({ REQUEST_METHOD: "POST", PATH_INFO: "/", CONTENT_LENGTH: String(body.length), ...vars }, body);
}

/** Sends bytes on a connection of its own, and answers all that comes back. */
export async function exchange(address: Address, bytes: Uint8Array | string): Promise<Ending> {
  using client = await RawClient.connect(address);
  await client.send(bytes);
  return await client.ending;
}

export interface Answer {
  readonly statusLine: string;
  readonly status: number;
  /** Names in lower case, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** An HTTP answer in its parts; throws for what is none. */
export function parseAnswer(bytes: Uint8Array): Answer {
  const text = Buffer.from(bytes).toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) throw new Error(`no head in ${JSON.stringify(text.slice(0, 200))}`);
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  return { statusLine, status: Number(statusLine.split(" ")[1]), headers, body: text.slice(end + 4) };
}

/** The answer to one request on a connection of its own. */
export async function ask(address: Address, bytes: Uint8Array = get()): Promise<Answer & { readonly how: string }> {
  const { bytes: received, how } = await exchange(address, bytes);
  return { ...parseAnswer(received), how };
}

/** Values of a header. */
export function valuesOf(answer: Answer, name: string): string[] {
  return answer.headers.filter(([header]) => header === name).map(([, value]) => value);
}
