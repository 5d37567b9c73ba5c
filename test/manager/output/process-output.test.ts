import { once } from "node:events";
import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import type { Printed } from "../../../src/manager/output/printed-record.ts";
import { ProcessOutput } from "../../../src/manager/output/process-output.ts";

/** Two streams, and what is told of them. */
class Printing {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly told: string[] = [];
  readonly output: ProcessOutput;
  ends = 0;

  constructor(t: ExecutionContext, linesPerSecond = Infinity) {
    this.output = new ProcessOutput(this.stdout, this.stderr, linesPerSecond, {
      onPrinted: (printed) => this.told.push(textOf(printed)),
      onEnd: () => this.ends++,
    });
    t.teardown(() => [this.stdout, this.stderr].map((stream) => stream.destroy()));
  }

  async close(): Promise<void> {
    const closed = [this.stdout, this.stderr].map((stream) => once(stream, "close"));
    this.stdout.end();
    this.stderr.end();
    await Promise.all(closed);
  }
}

function textOf(printed: Printed): string {
  if (printed.kind === "line") return `${printed.stream} ${Buffer.from(printed.bytes).toString()}`;
  return `${printed.stream} ${printed.lines} left out${printed.hasLast ? ", the last:" : ""}`;
}

test("both streams are told line by line, empty lines left out, the last without its end as well", async (t) => {
  const printing = new Printing(t);
  printing.stdout.write("one\n\ntwo\nthr");
  printing.stderr.write("bad\n");
  await setImmediate();
  printing.stdout.write("ee\nlast");
  t.false(printing.output.isOver);
  await printing.close();
  t.true(printing.output.isOver);
  t.is(printing.ends, 1);
  t.deepEqual(printing.told.toSorted(), ["stderr bad", "stdout last", "stdout one", "stdout three", "stdout two"]);
});

test("when the process has ended its last line is told, and who still prints is heard", async (t) => {
  const printing = new Printing(t);
  printing.stdout.write("cut");
  await setImmediate();
  printing.output.settle();
  t.deepEqual(printing.told, ["stdout cut"]);
  printing.stdout.write("by somebody else\n");
  await setImmediate();
  t.deepEqual(printing.told, ["stdout cut", "stdout by somebody else"]);
  t.is(printing.ends, 0);
});

test("of a flood some lines are told, their number, and the last of them at the end; the other stream is not held back", async (t) => {
  const printing = new Printing(t, 1);
  printing.stdout.write(Array.from({ length: 10_000 }, (_, i) => `${i}\n`).join(""));
  printing.stderr.write("bad\n");
  await printing.close();
  const first = Array.from({ length: 5 }, (_, i) => `stdout ${i}`);
  t.deepEqual(printing.told.slice(0, 6), [...first, "stderr bad"]);
  t.is(printing.told[6], "stdout 9995 left out, the last:");
  t.is(printing.told[7], `stdout ${10_000 - (printing.told.length - 7)}`);
  t.is(printing.told.at(-1), "stdout 9999");
});

test("the number is told also when nothing follows", async (t) => {
  const printing = new Printing(t, 1);
  printing.stdout.write("x\n".repeat(8));
  await new Promise<void>((resolve) => {
    const look = (): void => (printing.told.length > 5 ? resolve() : void globalThis.setImmediate(look));
    look();
  });
  t.deepEqual(printing.told.slice(5), ["stdout 3 left out"]);
});

test("a stream that breaks is over", async (t) => {
  const printing = new Printing(t);
  printing.stdout.write("one\ntw");
  await setImmediate();
  printing.stdout.destroy(new Error("ECONNRESET"));
  printing.stderr.end();
  while (!printing.output.isOver) await setImmediate();
  t.deepEqual(printing.told, ["stdout one", "stdout tw"]);
  t.is(printing.ends, 1);
});
