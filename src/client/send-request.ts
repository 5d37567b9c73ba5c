/** One request to a uwsgi server: packet and body out, response in, both bodies streaming. */
import { decodeResponseHead, encodePacket, type ResponseHead } from "../codec/index.ts";
import { type Address, dial, type DialTls, PeerStream } from "../connection/index.ts";
import { parseContentLength } from "../environ/index.ts";
import { ConnectionError, gone, ProtocolError } from "../errors.ts";
import type { PacketRequest, Response } from "./packet-request.ts";

/**
 * Sends a request to an address and resolves when the head of the response is there. The body goes
 * out meanwhile: a server may answer before it has read it. Rejects as `Sender.send`.
 */
export async function sendRequest(
  address: Address,
  { vars, modifier1 = 0, modifier2 = 0, body, isHead = false, signal }: PacketRequest,
  tls?: DialTls,
): Promise<Response> {
  const packet = encodePacket({ modifier1, modifier2, vars });
  const stream = new PeerStream(await dial(address, signal, tls));
  const cut = (): void => stream.destroy(signal?.reason);
  signal?.addEventListener("abort", cut, { once: true });
  if (signal?.aborted === true) cut();
  const finish = (): void => {
    signal?.removeEventListener("abort", cut);
    stream.destroy();
  };
  try {
    // A server that has answered may close without reading on: its answer is what counts.
    void send(stream, packet, body).catch(() => {});
    const { head, rest } = await readHead(stream);
    const { status, reason, headers } = head;
    if (isHead || status === 204 || status === 304) {
      finish();
      return { status, reason, headers, body: nothing() };
    }
    const chunks = readBody(stream, head, rest, finish);
    return { status, reason, headers, body: { [Symbol.asyncIterator]: () => closing(chunks, finish) } };
  } catch (error) {
    finish();
    signal?.throwIfAborted();
    throw error;
  }
}

async function send(stream: PeerStream, packet: Uint8Array, body?: AsyncIterable<Uint8Array>): Promise<void> {
  await stream.write(packet);
  if (body === undefined) return;
  try {
    for await (const chunk of body) await stream.write(chunk);
  } catch (error) {
    // Half a body must not be taken for a whole one.
    stream.destroy(error);
    throw error;
  }
}

async function readHead(stream: PeerStream): Promise<{ head: ResponseHead; rest: Uint8Array }> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) {
      if (bytes.length === 0) {
        throw gone("the server closed the connection without an answer");
      }
      throw new ProtocolError(`the response ended inside its head, after ${bytes.length} bytes`, {
        code: "UWSGI_BAD_RESPONSE_HEAD",
        offset: bytes.length,
      });
    }
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const head = decodeResponseHead(bytes);
    if (head !== undefined) return { head, rest: bytes.subarray(head.byteLength) };
  }
}

/** The same chunks; `finish` is called also when nobody has asked for the first. */
function closing(chunks: AsyncGenerator<Uint8Array, void>, finish: () => void): AsyncIterator<Uint8Array> {
  return {
    next: () => chunks.next(),
    return: async () => {
      finish();
      return chunks.return();
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}

async function* readBody(
  stream: PeerStream,
  { headers }: ResponseHead,
  rest: Uint8Array,
  finish: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    const length = parseContentLength(headers.find(([name]) => name.toLowerCase() === "content-length")?.[1]);
    let left = length ?? Number.POSITIVE_INFINITY;
    let chunk: Uint8Array | undefined = rest;
    for (; chunk !== undefined && left > 0; chunk = await stream.read()) {
      const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (part.length > 0) yield part;
      if (left === 0) return;
    }
    if (length !== undefined && left > 0) {
      throw new ConnectionError(`the response body ended ${left} bytes before its Content-Length of ${length}`, {
        code: "UWSGI_BODY_TRUNCATED",
      });
    }
  } finally {
    finish();
  }
}
