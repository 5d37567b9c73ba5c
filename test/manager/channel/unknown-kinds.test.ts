import test from "ava";
import { UnknownKinds } from "../../../src/manager/channel/unknown-kinds.ts";

test("a kind is told of once", (t) => {
  const kinds = new UnknownKinds();
  t.is(kinds.note("later"), 'has sent messages of kind "later", which are not known here: they are passed over');
  t.truthy(kinds.note("other"));
  t.is(kinds.note("later"), undefined);
});

test("no more than 10 kinds are told of", (t) => {
  const kinds = new UnknownKinds();
  const told = Array.from({ length: 1_000 }, (_, n) => kinds.note(`kind ${n}`));
  t.is(told.filter((text) => text !== undefined).length, 10);
});

test("a long kind is cut, and told apart from others by what is shown of it", (t) => {
  const kinds = new UnknownKinds();
  t.true((kinds.note("x".repeat(1_000_000)) ?? "").includes(`"${"x".repeat(60)}",`));
  t.is(kinds.note("x".repeat(1_000)), undefined);
});

test("what a log would obey is escaped", (t) => {
  t.true((new UnknownKinds().note('"\n\u001b[2J\ud800') ?? "").includes(String.raw`"\"\n\u001b[2J\ud800",`));
});
