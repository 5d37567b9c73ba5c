/** T19: an answer to a request whose body nobody reads. A connection that is closed over unread bytes is reset, and the answer lost. */
import test from "ava";
import { parseAnswer, post, RawClient, valuesOf } from "../helpers/raw-client.ts";
import { bothKinds, startTarget } from "../helpers/target.ts";
import { respond, type TransportKind } from "../helpers/test-server.ts";

const sizes: readonly (readonly [about: string, bytes: number])[] = [
  ["no body", 0],
  ["1 byte", 1],
  ["64 KiB", 64 * 1024],
  ["1 MiB", 1024 * 1024],
  ["10 MiB", 10 * 1024 * 1024],
];

/** Starts a server that answers with `status` and reads nothing. */
function answering(status: number, kind: TransportKind): ReturnType<typeof startTarget> {
  // 413 is the server's own; a body of nothing must be over the limit too.
  if (status === 413) return startTarget({ kind, maxBodyBytes: 0 });
  return startTarget({ kind }, () => respond(`answer ${status}`, { status }));
}

for (const kind of bothKinds) {
  for (const status of [200, 401, 413]) {
    test(`T19: a ${status} to a body that nobody reads is received whole and ends cleanly on ${kind}`, async (t) => {
      await using server = await answering(status, kind);
      for (const [about, bytes] of sizes) {
        // Without a body there is nothing to refuse.
        if (status === 413 && bytes === 0) continue;
        using client = await RawClient.connect(server.address);
        const written = new Promise<Error | null | undefined>((resolve) => {
          client.socket.write(post(new Uint8Array(bytes)), resolve);
        });
        const { bytes: received, how } = await client.ending;
        const answer = parseAnswer(received);
        t.deepEqual([answer.status, how], [status, "end"], about);
        t.deepEqual(valuesOf(answer, "content-length"), [String(answer.body.length)], about);
        // All of the body is taken: nobody is told EPIPE or ECONNRESET in the middle of it.
        t.falsy(await written, about);
        client.end();
        await client.closed;
        t.is(client.socket.errored, null, about);
      }
    });

    test(`T19: a ${status} is received by a client that first sends all, then reads, on ${kind}`, async (t) => {
      await using server = await answering(status, kind);
      using client = await RawClient.connect(server.address, { reads: false });
      await client.send(post(new Uint8Array(4 * 1024 * 1024)));
      const { bytes, how } = await client.read().ending;
      t.deepEqual([parseAnswer(bytes).status, how], [status, "end"]);
    });
  }

  test(`T19: a body that was read in part does not cost the answer either on ${kind}`, async (t) => {
    await using server = await startTarget({ kind }, async ({ body }) => {
      await body.read();
      return respond("enough", { status: 400 });
    });
    using client = await RawClient.connect(server.address);
    await client.send(post(new Uint8Array(4 * 1024 * 1024)));
    const { bytes, how } = await client.ending;
    t.deepEqual([parseAnswer(bytes).body, how], ["enough", "end"]);
  });

  test(`T19: a client that writes more behind the answer is not reset before it has read it on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    using client = await RawClient.connect(server.address, { reads: false });
    await client.send(post(new Uint8Array(10), { CONTENT_LENGTH: "1048576" }));
    await server.seen.ends.at();
    for (let i = 0; i < 16; i++) await client.send(new Uint8Array(65_536));
    const { bytes, how } = await client.read().ending;
    t.deepEqual([parseAnswer(bytes).body, how], ["served", "end"]);
  });

  test(`T19: 60 unread uploads of 1 MiB at a time all have their answer on ${kind}`, async (t) => {
    await using server = await startTarget({ kind }, () => respond("no", { status: 401 }));
    const upload = post(new Uint8Array(1024 * 1024));
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => {
        using client = await RawClient.connect(server.address);
        await client.send(upload);
        const { bytes, how } = await client.ending;
        return `${parseAnswer(bytes).status} ${how}`;
      }),
    );
    t.deepEqual([...new Set(answers)], ["401 end"]);
  });
}
