/** Bodies that come chunk by chunk. */
import { once } from "node:events";
import { constants, createGzip, gunzipSync } from "node:zlib";
import test from "ava";
import { CodedBody } from "../../../src/middleware/compress/coded-body.ts";
import { type CodingStream, coderOf } from "../../../src/middleware/compress/coders.ts";
import type { BodyChunk } from "../../../src/handler/index.ts";
import { codings, decoder } from "../../helpers/codings.ts";

type Source = Iterator<BodyChunk> | AsyncIterator<BodyChunk>;

function coded(
  source: Source,
  options: { readonly isLive?: boolean; readonly announced?: number } = {},
): {
  readonly body: CodedBody;
  readonly coder: CodingStream;
} {
  const coder = createGzip();
  const flushKind = constants.Z_SYNC_FLUSH;
  const { isLive = false, announced } = options;
  return { body: new CodedBody(source, coder, { flushKind, isLive, announced }), coder };
}

async function all(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return gunzipSync(Buffer.concat(pieces)).toString();
}

/** Text that compresses to about a half, another each time. */
function prose(bytes: number): Buffer {
  let seed = 1;
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return 97 + ((seed >> 16) & 15);
    }),
  );
}

test("text and bytes of a source come out as one body, empty chunks leave no trace", async (t) => {
  async function* source(): AsyncGenerator<BodyChunk, void> {
    yield "";
    yield "t\u00e9a, ";
    yield Buffer.from("caf\u00e9");
    yield new Uint8Array(0);
  }
  t.is(await all(coded(source()).body), "t\u00e9a, caf\u00e9");
});

test("a source that iterates at once is read as one that has to be waited for, also of promises", async (t) => {
  t.is(await all(coded(["a", Buffer.from("b")].values()).body), "ab");
  t.is(await all(coded([Promise.resolve("a"), "b"].values() as never).body), "ab");
  t.is(await all(coded([].values()).body), "");
});

test("one chunk that is larger than what is compressed at a time comes out whole", async (t) => {
  const large = prose(300_000).toString();
  t.is(await all(coded(["small", large, "small"].values()).body), `small${large}small`);
});

test("the stream of zlib is destroyed at the end", async (t) => {
  const { body, coder } = coded(["a"].values());
  await all(body);
  if (!coder.closed) await once(coder, "close");
  t.true(coder.destroyed);
  t.deepEqual(await body.next(), { done: true, value: undefined });
});

test("an error of the source destroys the stream of zlib at once, and is thrown once", async (t) => {
  const error = new Error("planted");
  async function* source(): AsyncGenerator<BodyChunk, void> {
    yield prose(100_000);
    throw error;
  }
  const { body, coder } = coded(source());
  const thrown = await t.throwsAsync(all(body));
  t.is(thrown, error);
  t.true(coder.destroyed);
  t.deepEqual(await body.next(), { done: true, value: undefined });
});

test("an error of a source that iterates at once is thrown too", async (t) => {
  const source = (function* (): Generator<BodyChunk, void> {
    yield "a";
    throw new Error("planted");
  })();
  await t.throwsAsync(all(coded(source).body), { message: "planted" });
});

test("an error of zlib is thrown, and the source ended", async (t) => {
  let isLeft = false;
  const source: AsyncIterator<BodyChunk> = {
    next: () => new Promise(() => {}),
    return: async () => ((isLeft = true), { done: true, value: undefined }),
  };
  const { body, coder } = coded(source);
  const reading = body.next();
  coder.emit("error", new Error("planted"));
  await t.throwsAsync(reading, { message: "planted" });
  await body.return();
  t.true(isLeft);
});

test("what is no chunk is a failure of the application", async (t) => {
  const { body, coder } = coded([5].values() as never);
  await t.throwsAsync(all(body), { code: "UWSGI_APP_CONTRACT", message: /a chunk of the body is number/ });
  t.true(coder.destroyed);
});

for (const [what, announced] of [
  ["more", 2],
  ["less", 4],
] as const) {
  test(`${what} than the head has announced is a failure of the application`, async (t) => {
    await t.throwsAsync(all(coded(["a", "bc"].values(), { announced }).body), {
      code: "UWSGI_APP_CONTRACT",
      message: `the body has 3 bytes, Content-Length says ${announced}`,
    });
    t.is(await all(coded(["a", "bc"].values(), { announced: 3 }).body), "abc");
  });
}

test("who leaves while the source is silent waits for nothing, and the stream of zlib is destroyed", async (t) => {
  const source = (async function* (): AsyncGenerator<BodyChunk, void> {
    await new Promise(() => {});
    yield "never";
  })();
  const { body, coder } = coded(source);
  const reading = body.next();
  t.deepEqual(await body.return(), { done: true, value: undefined });
  t.true(coder.destroyed);
  t.deepEqual(await reading, { done: true, value: undefined });
});

test("who leaves in the middle ends the source, once", async (t) => {
  let ends = 0;
  const source = (async function* (): AsyncGenerator<BodyChunk, void> {
    try {
      for (;;) yield prose(100_000);
    } finally {
      ends++;
    }
  })();
  const { body, coder } = coded(source);
  await body.next();
  await body.return();
  await body.return();
  t.deepEqual([ends, coder.destroyed], [1, true]);
});

test("a source that has come to its end is not ended again", async (t) => {
  let ends = 0;
  const source: Iterator<BodyChunk> = {
    next: () => ({ done: true, value: undefined }),
    return: () => (ends++, { done: true, value: undefined }),
  };
  const { body } = coded(source);
  await all(body);
  await body.return();
  t.is(ends, 0);
});

test("a chunk that comes when nobody reads any more is dropped", async (t) => {
  let give: (step: IteratorResult<BodyChunk>) => void = () => {};
  const source: AsyncIterator<BodyChunk> = { next: () => new Promise((resolve) => (give = resolve)) };
  const { body } = coded(source);
  const reading = body.next();
  await body.return();
  give({ done: false, value: "late" });
  t.deepEqual(
    [await reading, await body.next()],
    [
      { done: true, value: undefined },
      { done: true, value: undefined },
    ],
  );
});

test("the source is asked only when what came out has been taken", async (t) => {
  let given = 0;
  async function* source(): AsyncGenerator<BodyChunk, void> {
    for (let i = 0; i < 160; i++) {
      given += 65_536;
      yield prose(65_536);
    }
  }
  const { body } = coded(source());
  const plain = decoder("gzip");
  let taken = 0;
  let ahead = 0;
  plain.on("data", (piece: Buffer) => (taken += piece.length));
  for await (const piece of body) {
    ahead = Math.max(ahead, given - taken);
    await new Promise<void>((resolve) => plain.write(piece, () => resolve()));
  }
  t.is(given, 160 * 65_536);
  // A chunk, a block in zlib, and what our own decoder has not given out yet.
  t.true(ahead <= 3 * 65_536, `${ahead} bytes ahead`);
});

for (const coding of codings) {
  for (const isLive of [true, false]) {
    test(`what has come goes out before the source goes on, by ${coding}${isLive ? ", live" : ""}`, async (t) => {
      const coder = coderOf(coding, { gzipLevel: 6, brotliQuality: 4, zstdLevel: 3 });
      if (coder === undefined) throw new Error(`there is no ${coding}`);
      let text = "";
      const seen: string[] = [];
      let heard: () => void = () => {};
      const source = (async function* (): AsyncGenerator<BodyChunk, void> {
        for (let i = 0; i < 5; i++) {
          yield `event ${i}\n`;
          while (!text.endsWith(`event ${i}\n`)) await new Promise<void>((resolve) => (heard = resolve));
          seen.push(`after ${i}`);
        }
      })();
      const { flushKind } = coder;
      const body = new CodedBody(source, coder.open(isLive ? "live" : "bulk"), {
        flushKind,
        isLive,
        announced: undefined,
      });
      const plain = decoder(coding);
      plain.on("data", (piece: Buffer) => {
        text += piece.toString();
        heard();
      });
      for await (const piece of body) plain.write(piece);
      t.deepEqual(seen, ["after 0", "after 1", "after 2", "after 3", "after 4"]);
      t.is(text, "event 0\nevent 1\nevent 2\nevent 3\nevent 4\n");
    });
  }
}

test("small chunks that follow each other at once are compressed together", async (t) => {
  const source = Array.from({ length: 1_000 }, (_, i) => `row ${i}\n`);
  const coder = createGzip();
  let writes = 0;
  const write = coder.write.bind(coder);
  coder.write = ((...args: Parameters<typeof write>) => (writes++, write(...args))) as typeof coder.write;
  const options = { flushKind: constants.Z_SYNC_FLUSH, isLive: true, announced: undefined };
  t.is(await all(new CodedBody(source.values(), coder, options)), source.join(""));
  t.is(writes, 1);
});
