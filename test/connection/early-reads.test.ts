import { closeSync, constants, openSync } from "node:fs";
import { constants as system } from "node:os";
import test from "ava";
import { EarlyReads } from "../../src/connection/early-reads.ts";
import { Fifo } from "../helpers/fifo.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

const buffer = Buffer.alloc(16);

/** Tries until one is made and brings something: how many there were before it. */
function triesUntilRead(reads: EarlyReads, fd: number): number {
  for (let tries = 0; tries < 10_000; tries++) if (reads.read(fd, buffer) !== undefined) return tries;
  throw new Error("no try was made");
}

test("what is there is read; nothing is undefined, the end 0", (t) => {
  using folder = tempFolder();
  using fifo = new Fifo(folder.path);
  fifo.write("abc");
  t.is(new EarlyReads().read(fifo.fd, buffer), 3);
  t.is(buffer.toString("latin1", 0, 3), "abc");
  t.is(new EarlyReads().read(fifo.fd, buffer), undefined);
  fifo.close();
  t.is(new EarlyReads().read(fifo.fd, buffer), 0);
});

test("no more is read than there is room for", (t) => {
  using folder = tempFolder();
  using fifo = new Fifo(folder.path);
  fifo.write("0123456789abcdefgh");
  t.is(new EarlyReads().read(fifo.fd, buffer), 16);
  t.is(new EarlyReads().read(fifo.fd, buffer), 2);
});

test("an error of the system is its number", (t) => {
  const folder = openSync(".", constants.O_RDONLY);
  try {
    const reads = new EarlyReads();
    t.is(reads.read(folder, buffer), -system.errno.EISDIR);
    t.is(reads.read(folder, buffer), -system.errno.EISDIR, "nothing is passed for it");
  } finally {
    closeSync(folder);
  }
});

test("the more tries are in vain the fewer are made, but never none", (t) => {
  using folder = tempFolder();
  using fifo = new Fifo(folder.path);
  const reads = new EarlyReads();
  for (const passed of [1, 3, 7, 15, 31, 63, 127, 255, 511, 1_023, 1_023]) {
    t.is(reads.read(fifo.fd, buffer), undefined);
    fifo.write("a");
    for (let i = 0; i < passed; i++) t.is(reads.read(fifo.fd, buffer), undefined, `${i} of ${passed}`);
    // It would be made now: what is there is taken by another, so that it is in vain too.
    t.is(new EarlyReads().read(fifo.fd, buffer), 1);
  }
});

test("where tries succeed again soon all are made", (t) => {
  using folder = tempFolder();
  using fifo = new Fifo(folder.path);
  const reads = new EarlyReads();
  let connections = 0;
  while (connections < 200) {
    reads.read(fifo.fd, buffer);
    connections++;
  }
  fifo.write("x".repeat(16 * 30));
  t.true(triesUntilRead(reads, fifo.fd) <= 127);
  for (let i = 0; i < 10; i++) t.is(triesUntilRead(reads, fifo.fd), 0);
});

test("a try in vain among many that are not costs one more", (t) => {
  using folder = tempFolder();
  using fifo = new Fifo(folder.path);
  const reads = new EarlyReads();
  for (let i = 0; i < 5; i++) {
    t.is(reads.read(fifo.fd, buffer), undefined);
    fifo.write("a");
    t.is(triesUntilRead(reads, fifo.fd), 1);
  }
});
