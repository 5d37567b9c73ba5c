import { setImmediate } from "node:timers/promises";
import { PassThrough, Writable } from "node:stream";
import test from "ava";
import { exchangeEnd } from "../../src/diagnostics.ts";
import { logServer } from "../../src/log/index.ts";
import { endOf } from "../helpers/messages.ts";

/** A stream that notes what each write has brought; with a descriptor it is taken for a file. */
function stream(fd?: number): { readonly access: Writable; readonly writes: string[] } {
  const writes: string[] = [];
  const access = new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      writes.push(chunk);
      done();
    },
  });
  return { access: fd === undefined ? access : Object.assign(access, { fd }), writes };
}

/** Lines of requests that were answered with these numbers of bytes. */
function tell(server: object, ...sizes: number[]): void {
  for (const bodyBytes of sizes) exchangeEnd.publish(endOf({ server, bodyBytes }));
}

function sizesIn(text: string | undefined): string[] {
  return (text ?? "").split("\n").map((line) => / 200 (\d+) /.exec(line)?.[1] ?? line);
}

test("to a file the lines of one turn go in one write, in order, at its end", async (t) => {
  const server = {};
  const { access, writes } = stream(7);
  const stop = logServer(server, { access });
  tell(server, 1, 2, 3);
  t.deepEqual(writes, []);
  await setImmediate();
  tell(server, 4);
  await setImmediate();
  t.deepEqual(writes.map(sizesIn), [
    ["1", "2", "3", ""],
    ["4", ""],
  ]);
  stop();
});

test("lines that are many do not wait for the end of the turn", (t) => {
  const server = {};
  const { access, writes } = stream(7);
  const stop = logServer(server, { access });
  tell(server, ...Array.from({ length: 1_000 }, (_, i) => i));
  t.true(writes.length > 1);
  stop();
  t.deepEqual(sizesIn(writes.join("")), [...Array.from({ length: 1_000 }, (_, i) => String(i)), ""]);
});

test("what is gathered is written when the log is stopped", (t) => {
  const server = {};
  const { access, writes } = stream(7);
  const stop = logServer(server, { access });
  tell(server, 1, 2);
  stop();
  t.deepEqual(writes.map(sizesIn), [["1", "2", ""]]);
});

test("to a stream that is no file each line goes alone, at once", (t) => {
  const server = {};
  const { access, writes } = stream();
  const stop = logServer(server, { access });
  tell(server, 1, 2);
  t.deepEqual(writes.map(sizesIn), [
    ["1", ""],
    ["2", ""],
  ]);
  stop();
});

test("lines that were gathered and could not be written are all counted", (t) => {
  const server = {};
  const errors: string[] = [];
  const access = Object.assign(new PassThrough(), { fd: 7 });
  access.destroy();
  const stop = logServer(server, { access, errors: { write: (line) => errors.push(line) } });
  tell(server, 1, 2, 3);
  stop();
  t.regex(errors.join(""), / 3 lines of the access log were dropped/);
});
