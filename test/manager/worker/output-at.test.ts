import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import test from "ava";
import { errorCode } from "../../../src/errors.ts";
import { outputAt } from "../../../src/manager/worker/output-at.ts";
import { Fifo } from "../../helpers/fifo.ts";
import { tempFolder } from "../../helpers/temp-folder.ts";

test("lines to a file are there at once, at its end", (t) => {
  using folder = tempFolder();
  const path = folder.file("log");
  const fd = openSync(path, "a");
  const output = outputAt(fd);
  t.false(output instanceof Writable);
  t.is((output as { readonly fd?: number }).fd, fd);
  output.write("one\n");
  output.write("é\n");
  t.is(readFileSync(path, "utf8"), "one\né\n");
  closeSync(fd);
  t.throws(() => output.write("none\n"), { code: "EBADF" });
});

test("lines to a device are written, and not to be read anywhere", (t) => {
  const fd = openSync("/dev/null", "w");
  t.notThrows(() => outputAt(fd).write("one\n"));
  closeSync(fd);
});

test("a pipe is a stream, so that its reader may be slow", async (t) => {
  using folder = tempFolder();
  using fifo = new Fifo(folder.path);
  const fd = openSync(folder.file("fifo"), "w");
  const output = outputAt(fd);
  t.true(output instanceof Writable);
  t.is((output as { readonly fd?: number }).fd, fd);
  const lines = "x".repeat(1_023).concat("\n").repeat(1_024);
  output.write(lines);
  const waiting = (output as Writable).writableLength;
  t.true(waiting > 0, "all of it at once");
  const read = Buffer.alloc(lines.length);
  let length = 0;
  while (length < read.length) {
    length += readNow(fifo.fd, read, length);
    await setImmediate();
  }
  t.is(read.toString(), lines);
  (output as Writable).destroy();
});

/** 0 where nothing is there yet. */
function readNow(fd: number, into: Buffer, at: number): number {
  try {
    return readSync(fd, into, at, into.length - at, null);
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return 0;
    throw error;
  }
}
