import test from "ava";
import fc from "fast-check";
import { nearestName } from "../src/nearest-name.ts";

const names = ["processes", "socket", "uid", "gid", "umask"];

for (const [name, nearest, rule] of [
  ["proceses", "processes", "the name with the fewest letters to change is the nearest"],
  ["sokcet", "socket", "letters that changed places are two to change"],
  ["proc", "processes", "what is begun and not written to its end is near"],
  ["sockets", "socket", "what is written on is near"],
  ["Umask", "umask", "capitals are no difference"],
  ["uix", "uid", "of three letters one may be wrong"],
  ["uxx", undefined, "of three letters two may not be wrong"],
  ["something-else", undefined, "where nothing is near, there is no name"],
  ["", undefined, "nothing is near to no name"],
] as const) {
  test(`${rule}: ${JSON.stringify(name)}`, (t) => {
    t.is(nearestName(name, names), nearest);
  });
}

test("a name that there is, is its own nearest, and a long one is answered at once", (t) => {
  for (const name of names) t.is(nearestName(name, names), name);
  t.is(nearestName("x".repeat(1_000_000), names), undefined);
});

test("whatever is asked, the answer is one of the names or none", (t) => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (name, known) => {
      const nearest = nearestName(name, known);
      return nearest === undefined || known.includes(nearest);
    }),
  );
  t.pass();
});
