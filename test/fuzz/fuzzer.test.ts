import test from "ava";
import { Fuzzer } from "../../fuzz/fuzzer.ts";
import { readCorpus } from "../../fuzz/inputs/corpus.ts";
import { PacketMutator } from "../../fuzz/inputs/mutate.ts";
import { Random } from "../../fuzz/inputs/random.ts";
import { shrink } from "../../fuzz/shrink.ts";
import { Broken, examine, mustHold, type Target } from "../../fuzz/target.ts";
import { hunt } from "../helpers/hunt.ts";
import { hex, wire } from "../helpers/wire.ts";

/** A target that only notes its inputs. */
function noting(name: string, share = 1): Target & { readonly inputs: string[] } {
  const mutator = new PacketMutator(readCorpus());
  const inputs: string[] = [];
  return {
    name,
    share,
    inputs,
    makeInput: (random) => mutator.makeAny(random),
    check: (input) => void inputs.push(hex(input)),
  };
}

async function inputsOf(seed: number, count = 300, name = "one"): Promise<string[]> {
  const target = noting(name);
  await hunt(target, count, seed);
  return target.inputs;
}

test("the same seed gives the same cases", async (t) => {
  t.deepEqual(await inputsOf(7), await inputsOf(7));
});

test("another seed gives other cases", async (t) => {
  const [one, other] = [await inputsOf(7), await inputsOf(8)];
  t.true(one.filter((input, i) => input === other[i]).length < 30);
});

test("two targets do not get the same cases", async (t) => {
  const [one, other] = [await inputsOf(7, 300, "one"), await inputsOf(7, 300, "two")];
  t.true(one.filter((input, i) => input === other[i]).length < 30);
});

test("a case can be made again without those before it", async (t) => {
  const inputs = await inputsOf(7);
  const target = noting("one");
  const fuzzer = new Fuzzer(
    [{ ...target, check: (input) => mustHold(hex(input) !== inputs[200], "found", () => "") }],
    7,
    300,
  );
  const found = await fuzzer.turn(10_000);
  t.is(inputs.indexOf(inputs[200] ?? ""), found?.index ?? -1);
});

test("cases are divided by the shares of the targets", async (t) => {
  const fuzzer = new Fuzzer([noting("large", 3), noting("small", 1)], 1, 400);
  while (!fuzzer.isDone) await fuzzer.turn(1_000);
  t.deepEqual(
    [...fuzzer.counts],
    [
      ["large", 300],
      ["small", 100],
    ],
  );
});

test("a random number is below its limit, and takes each value", (t) => {
  const random = new Random(1, 2, 3);
  const seen = new Set(Array.from({ length: 200 }, () => random.below(5)));
  t.deepEqual(
    [...seen].sort((a, b) => a - b),
    [0, 1, 2, 3, 4],
  );
});

const needsTwoBytes: Target = {
  name: "two bytes",
  share: 1,
  makeInput: (random) => random.bytes(600),
  check: (input) => {
    const at = input.indexOf(0x41);
    if (at >= 0 && input.includes(0x42, at)) throw new Broken("no A before a B", "");
  },
};

test("a finding is shrunk to what it needs", async (t) => {
  const found = await hunt(needsTwoBytes, 100);
  if (found === undefined) throw new Error("nothing found");
  t.is(found.input.length, 600);
  t.is(hex((await shrink(needsTwoBytes, found)).input), "41 42");
});

test("shrinking keeps to the rule that was broken first", async (t) => {
  const target: Target = {
    ...needsTwoBytes,
    check: (input) => {
      if (input.length < 3) throw new Broken("too short", "");
      return needsTwoBytes.check(input);
    },
  };
  const found = { input: wire('"xAxxBx"'), finding: { rule: "no A before a B", seen: "" } };
  t.is(hex((await shrink(target, found)).input), "41 42 00");
});

test("shrinking ends behind as many checks as are allowed", async (t) => {
  let checks = 0;
  const target: Target = {
    ...needsTwoBytes,
    check: (input) => {
      checks++;
      return needsTwoBytes.check(input);
    },
  };
  const found = {
    input: new Uint8Array(600).fill(0x41).fill(0x42, 300),
    finding: { rule: "no A before a B", seen: "" },
  };
  await shrink(target, found, 5);
  t.is(checks, 5);
});

test("whatever a check throws is a finding, and what it rejects with", async (t) => {
  const failing = (check: Target["check"]): Target => ({ ...needsTwoBytes, check });
  const empty = new Uint8Array(0);
  const rule = "nothing but documented errors is thrown";
  t.is(
    (
      await examine(
        failing(() => {
          throw new RangeError("x");
        }),
        empty,
      )
    )?.rule,
    rule,
  );
  t.is(
    (
      await examine(
        failing(() => Promise.reject(new RangeError("x"))),
        empty,
      )
    )?.rule,
    rule,
  );
  t.is(
    (
      await examine(
        failing(() => Promise.reject(new Broken("mine", ""))),
        empty,
      )
    )?.rule,
    "mine",
  );
  t.is(
    await examine(
      failing(() => Promise.resolve()),
      empty,
    ),
    undefined,
  );
});
