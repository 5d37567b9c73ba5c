/** Bytes of a server, in pieces -> a response, or a documented error: the same as the rules say of all bytes at once. */
import { PeerExchange } from "../../src/client/peer-exchange.ts";
import { ResponseDecoder, type ResponseDecoderOptions } from "../../src/client/response-decoder.ts";
import { responseOf } from "../../src/client/send-request.ts";
import { defaultTimeouts } from "../../src/client/timeouts.ts";
import type { Transport, TransportUser } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import { Choices } from "../inputs/choices.ts";
import { type ReferenceResponse, referenceResponse, type ResponseRules } from "../reference/response.ts";
import { mustHold, type Target } from "../target.ts";

/** Makes the decoder under test; another one in the tests of this target. */
export type MakeDecoder = (options: ResponseDecoderOptions) => ResponseDecoder;

export function responseTarget(make: MakeDecoder = (options) => new ResponseDecoder(options)): Target {
  return {
    name: "responses",
    share: 10,
    makeInput: (random) => random.bytes(random.below(random.once(8) ? 120 : 40)),
    check: (input) => checkResponse(make, new Choices(input)),
  };
}

/** A server's side of a connection: hands out what the case says, and knows what was asked of it. */
class ServerTransport implements Transport {
  readonly peer = "server";
  readonly localPort = 0;
  readonly lendsReads = false;
  readonly unsentBytes = 0;
  isDestroyed = false;
  private user: TransportUser | undefined;

  attach(user: TransportUser): void {
    this.user = user;
  }

  give(bytes: Uint8Array): void {
    if (!this.isDestroyed) this.user?.onRead(bytes);
  }

  giveEnd(): void {
    if (!this.isDestroyed) this.user?.onEnd();
  }

  keep(bytes: Uint8Array): Buffer {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  pause(): void {}
  resume(): void {}
  write(): boolean {
    return true;
  }
  end(): void {}
  close(): boolean {
    return true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
  reset(): boolean {
    return true;
  }
}

const PACKET = new Uint8Array(4);

async function checkResponse(make: MakeDecoder, choices: Choices): Promise<void> {
  const rules = {
    isHead: choices.once(8),
    decodes: !choices.once(4),
    maxHeadBytes: choices.pick([65_536, 65_536, 65_536, 100, 40]),
  };
  const step = choices.pick([0, 0, 1, 2, 7, 31]);
  const wire = makeWire(choices);
  const { orRejects, ...expected } = referenceResponse(wire, rules);
  const seen = await play(make, wire, step, choices, rules);
  if (orRejects !== undefined && seen.rejects === orRejects) return;
  mustHold(
    JSON.stringify(seen) === JSON.stringify(expected),
    "a response is read as the rules say, however its bytes are cut",
    () => [Buffer.from(wire).toString("latin1"), step, rules, seen, expected],
  );
}

async function play(
  make: MakeDecoder,
  wire: Uint8Array,
  step: number,
  choices: Choices,
  { isHead, decodes, maxHeadBytes }: ResponseRules,
): Promise<ReferenceResponse> {
  const transport = new ServerTransport();
  const decoder = make({ isHead, chunked: decodes ? "decode" : "refuse", maxHeadBytes });
  const exchange = new PeerExchange({
    name: "server",
    open: (dialling) => {
      // As a dialler does it, but at once.
      queueMicrotask(() => {
        dialling.onOpen(transport);
        give(transport, wire, step, choices);
      });
      return () => {};
    },
    packet: PACKET,
    body: undefined,
    bodyLength: undefined,
    signal: undefined,
    timeouts: defaultTimeouts,
    decoder,
  });
  try {
    await exchange.begun;
  } catch (error) {
    mustHold(transport.isDestroyed, "a connection is closed when its request rejects", () => error);
    return { rejects: codeOf(error) };
  }
  const { status, headers, body } = responseOf(exchange, decoder, true);
  let text = "";
  try {
    for await (const piece of body) text += Buffer.from(piece).toString("latin1");
  } catch (error) {
    return { status, headers: JSON.stringify(headers), breaks: codeOf(error) };
  } finally {
    mustHold(transport.isDestroyed, "a connection is closed when its response is over", () => text);
  }
  return { status, headers: JSON.stringify(headers), body: text };
}

/** Whole, in pieces of a size, or in two; each in memory of its own. */
function give(transport: ServerTransport, wire: Uint8Array, step: number, choices: Choices): void {
  const size = step === 0 ? Math.max(1, choices.below(256)) : step;
  for (let at = 0; at < wire.length; at += size) transport.give(wire.slice(at, at + size));
  transport.giveEnd();
}

function codeOf(error: unknown): string {
  const code = errorCode(error);
  if (code?.startsWith("UWSGI_") !== true) throw error;
  return code;
}

const starts = [
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.0 404 Not Found\n",
  "HTTP/2.0 200\r\n",
  "HTTP/1.1 204 No Content\r\n",
  "HTTP/1.1 304 \r\n",
  "HTTP/1.1 100 Continue\r\n",
  "HTTP/1.1 103 Early\r\nLink: a\r\n",
  "HTTP/1.1 101 Switching\r\n",
  "HTTP/1.1 099 x\r\n",
  "Status: 201 Created\r\n",
  "Status: 100 x\r\n",
  "Location: /\r\n",
  "\r\n",
  "\xff\0\0\x01",
  "",
] as const;

const headers = [
  "Content-Length: 5\r\n",
  "content-length: 5\r\n",
  "Content-Length: 0\r\n",
  "Content-Length: 05\r\n",
  "Content-Length: 3\n",
  "Content-Length:\r\n",
  "Content-Length: 5, 5\r\n",
  "Content-Length: 9999999999999999\r\n",
  "Transfer-Encoding: chunked\r\n",
  "transfer-encoding: CHUNKED\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Trailer: A\r\n",
  "A: b\r\n",
  "A b\r\n",
  " folded\r\n",
] as const;

const pieces = [
  "5\r\nhello\r\n",
  "0\r\n\r\n",
  "0\r\nA: b\r\n\r\n",
  "1;x=y\r\na\r\n",
  "A\r\n0123456789\r\n",
  "00000000000005\r\nhello\r\n",
  "5\nhello\n",
  "g\r\n",
  "hello",
  "\r\n",
  "\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
  "\0",
  ";",
] as const;

function makeWire(choices: Choices): Uint8Array {
  let text = "";
  for (let heads = 1 + choices.below(3); heads > 0; heads--) {
    text += choices.pick(starts);
    for (let count = choices.below(4); count > 0; count--) text += choices.pick(headers);
    text += choices.pick(["\r\n", "\r\n", "\r\n", "\n", ""]);
    if (!choices.once(3)) break;
  }
  for (let count = choices.below(5); count > 0; count--) text += choices.pick(pieces);
  for (let count = choices.below(4); count > 0; count--) {
    // One byte more, fewer, or another.
    const at = choices.byte() % (text.length + 1);
    text = text.slice(0, at) + choices.pick(["", "\r", "\n", "0", "\0", ":"]) + text.slice(at + choices.below(2));
  }
  if (choices.once(3)) text = text.slice(0, choices.byte() % (text.length + 1));
  return Uint8Array.from(Buffer.from(text, "latin1"));
}
