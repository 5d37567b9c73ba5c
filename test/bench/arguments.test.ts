import test from "ava";
import { benchOptions } from "../../bench/arguments.ts";

test("by default there are five rounds of four seconds, which are kept", (t) => {
  t.deepEqual(benchOptions([]), { rounds: 5, seconds: 4, only: [], backends: undefined, isSketch: false });
});

test("a run about some questions is kept", (t) => {
  const options = benchOptions(["--only", "hello,upload", "--only", "idle"]);
  t.deepEqual(options.only, ["hello", "upload", "idle"]);
  t.false(options.isSketch);
});

for (const args of [["--quick"], ["--rounds", "4"], ["--seconds", "3"], ["--backends", "floor"]]) {
  test(`a run with ${args.join(" ")} is not kept`, (t) => {
    t.true(benchOptions(args).isSketch);
  });
}

test("--quick is one round of one second, unless said otherwise", (t) => {
  t.like(benchOptions(["--quick"]), { rounds: 1, seconds: 1 });
  t.like(benchOptions(["--quick", "--seconds", "2"]), { rounds: 1, seconds: 2 });
});

for (const text of ["0", "-1", "1.5", "many", ""]) {
  test(`--rounds ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => benchOptions([`--rounds=${text}`]), { message: /--rounds is .*, a whole number from 1 is needed/ });
  });
}

test("an argument that is none is refused", (t) => {
  t.throws(() => benchOptions(["--fast"]));
});
