/** What a stream makes of writes, on a transport without a socket. On real ones: test/server/upgrade.test.ts. */
import test from "ava";
import { ConnectionStream } from "../../src/connection/connection-stream.ts";
import { MemoryTransport } from "../helpers/memory-transport.ts";

class NotedTransport extends MemoryTransport {
  /** What each write was called with. */
  readonly writes: string[][] = [];

  override write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean {
    const pieces = next === undefined ? [chunk] : [chunk, next];
    this.writes.push(pieces.map((piece) => Buffer.from(piece as string).toString("latin1")));
    return super.write(chunk) && this.hasRoom;
  }
}

function made(): { readonly transport: NotedTransport; readonly stream: ConnectionStream } {
  const transport = new NotedTransport();
  return { transport, stream: new ConnectionStream(transport, [], false, () => {}) };
}

/** Settles when what is corked has been handed over. */
function uncorked(stream: ConnectionStream, pieces: readonly string[]): Promise<unknown> {
  stream.cork();
  const written = pieces.map((piece) => new Promise((resolve) => stream.write(piece, resolve)));
  stream.uncork();
  return Promise.all(written);
}

test("a head and its payload that were corked go out in one write", async (t) => {
  const { transport, stream } = made();
  await uncorked(stream, ["head", "payload"]);
  t.deepEqual(transport.writes, [["head", "payload"]]);
});

test("however many were corked, they go out in order, by twos", async (t) => {
  const { transport, stream } = made();
  await uncorked(stream, ["a", "b", "c", "d", "e"]);
  t.deepEqual(transport.writes, [["a", "b"], ["c", "d"], ["e"]]);
});

test("where there is no room corked writes wait until there is", async (t) => {
  const { transport, stream } = made();
  transport.hasRoom = false;
  let isWritten = false;
  const written = uncorked(stream, ["a", "b"]).then(() => {
    isWritten = true;
  });
  await new Promise(setImmediate);
  t.false(isWritten);
  transport.drain();
  await written;
  t.true(isWritten);
});

test("bytes and beginning are those of all writes, corked or not", async (t) => {
  const { stream } = made();
  stream.write("HTTP");
  await uncorked(stream, ["/1.1 ", "403 Forbidden", "\r\n"]);
  t.deepEqual([stream.bytesWritten, stream.beginning], [24, "HTTP/1.1 403"]);
});
