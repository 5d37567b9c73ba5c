import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import test from "ava";
import { GuardedSink } from "../../src/log/guarded-sink.ts";

/** A sink around a stream, and the counts that it has reported. */
function guard(sink: ConstructorParameters<typeof GuardedSink>[0]): { guarded: GuardedSink; reported: number[] } {
  const reported: number[] = [];
  const guarded = new GuardedSink(sink, (lines) => {
    reported.push(lines);
    return true;
  });
  return { guarded, reported };
}

const KIB = "x".repeat(1_023);

test("lines get a line feed", (t) => {
  const lines: string[] = [];
  guard({ write: (line) => lines.push(line) }).guarded.write("a");
  t.deepEqual(lines, ["a\n"]);
});

test("a sink that throws loses lines, which are reported once it works", (t) => {
  let isBroken = true;
  const lines: string[] = [];
  const { guarded, reported } = guard({
    write: (line) => {
      if (isBroken) throw new Error("disk full");
      lines.push(line);
    },
  });
  guarded.write("a");
  guarded.write("b");
  isBroken = false;
  guarded.write("c");
  t.deepEqual(lines, ["c\n"]);
  t.is(
    reported.reduce((sum, count) => sum + count, 0),
    2,
  );
});

test("a report that cannot be written is made again", (t) => {
  const told: number[] = [];
  let works = false;
  const guarded = new GuardedSink({ write: () => Promise.reject(new Error("no")) }, (lines) => {
    told.push(lines);
    return works;
  });
  guarded.close();
  t.deepEqual(told, []);
  return new Promise<void>((resolve) => {
    guarded.write("a");
    // By then the rejection was seen.
    setImmediate(() => {
      guarded.close();
      works = true;
      guarded.close();
      guarded.close();
      t.deepEqual(told, [1, 1]);
      resolve();
    });
  });
});

test("a stream that breaks loses lines, and its error is nobody's", async (t) => {
  const stream = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  });
  const { guarded, reported } = guard(stream);
  const broken = new Promise((resolve) => stream.once("close", resolve));
  guarded.write("a");
  await broken;
  guarded.write("b");
  guarded.write("c");
  guarded.close();
  t.deepEqual(reported, [3]);
});

test("a line that a full disk has not taken is counted when the stream says so", async (t) => {
  let isFull = true;
  const lines: string[] = [];
  const stream = new Writable({
    autoDestroy: false,
    write: (chunk, _encoding, done) => {
      if (!isFull) lines.push(String(chunk));
      done(isFull ? Object.assign(new Error("no space"), { code: "ENOSPC" }) : undefined);
    },
  });
  const { guarded, reported } = guard(stream);
  const told = new Promise((resolve) => stream.once("error", resolve));
  guarded.write("lost");
  await told;
  isFull = false;
  guarded.write("kept");
  t.deepEqual(reported, stream.writable ? [1] : []);
  guarded.close();
  t.is(reported.reduce((sum, count) => sum + count, 0) + lines.length, 2);
});

test("the errors of a stream are guarded once, however many servers log to it", (t) => {
  const stream = new PassThrough();
  for (let i = 0; i < 20; i++) guard(stream);
  t.is(stream.listenerCount("error"), 1);
});

test("a stream that nobody reads holds 1 MiB of lines, and the others are counted", (t) => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const { guarded, reported } = guard(stream);
  for (let i = 0; i < 3_000; i++) guarded.write(KIB);
  t.true(stream.writableLength <= 1_048_576 + 1_024, `${stream.writableLength}`);
  t.deepEqual(reported, []);
  guarded.close();
  t.is(reported.length, 1);
  t.true((reported[0] ?? 0) >= 3_000 - 1_026 && (reported[0] ?? 0) < 3_000 - 1_020, `${reported[0]}`);
});

test("once a stream is read, it is said how many lines were dropped, though no further line comes", async (t) => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const { guarded, reported } = guard(stream);
  for (let i = 0; i < 2_000; i++) guarded.write(KIB);
  stream.resume();
  await once(stream, "drain");
  t.is(reported.length, 1);
  guarded.write("again");
  t.is(reported.length, 1);
});

test("lines flow again when half of the room is free, not around the limit", (t) => {
  const taken: (() => void)[] = [];
  const stream = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => taken.push(done) });
  const { guarded, reported } = guard(stream);
  for (let i = 0; i < 1_100; i++) guarded.write(KIB);
  const dropped = 1_100 - stream.writableLength / 1_024;
  const take = (): void => taken.shift()?.();
  while (stream.writableLength > 600_000) take();
  guarded.write("still dropped");
  t.deepEqual(reported, []);
  while (stream.writableLength > 500_000) take();
  guarded.write("flows");
  t.deepEqual(reported, [dropped + 1]);
});
