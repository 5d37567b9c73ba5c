import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import test from "ava";
import { LimitError } from "../../src/errors.ts";
import { spool } from "../../src/client/spool.ts";
import { folderOf } from "../helpers/temp-folder.ts";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const size of [0, 1, 1_048_576, 1_048_577, 3_000_001]) {
  test(`a body of ${size} bytes comes back as it was, with its length`, async (t) => {
    const bytes = randomBytes(size);
    const spooled = await spool(inPieces(bytes, 70_000), 10_000_000);
    t.is(spooled.length, size);
    t.true(Buffer.concat(await collect(spooled.body)).equals(bytes));
    await spooled[Symbol.asyncDispose]();
  });
}

test("a body over the limit is refused with UWSGI_BODY_LIMIT and leaves nothing behind", async (t) => {
  const folder = folderOf(t);
  const error = await t.throwsAsync(spool(inPieces(randomBytes(2_000_001), 65_536), 2_000_000, folder), {
    instanceOf: LimitError,
    code: "UWSGI_BODY_LIMIT",
  });
  t.is(error?.message, "request body of more than 2000000 bytes, at most 2000000 are allowed");
  t.deepEqual(readdirSync(folder), []);
});

test("a body that breaks off is refused with its own error", async (t) => {
  const folder = folderOf(t);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(1_100_000);
    throw new Error("connection lost");
  }
  await t.throwsAsync(spool(broken(), 10_000_000, folder), { message: "connection lost" });
  t.deepEqual(readdirSync(folder), []);
});

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}
