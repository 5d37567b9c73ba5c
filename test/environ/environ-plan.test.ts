import test from "ava";
import fc from "fast-check";
import { decodeVars } from "../../src/codec/index.ts";
import { type Environ, environFromVars, type EnvironOptions, loaderVars } from "../../src/environ/index.ts";
import { planEnviron } from "../../src/environ/environ-plan.ts";
import { readOneByOne } from "../../src/environ/from-vars.ts";
import { type Pair, readVectors } from "../helpers/vectors.ts";
import { faultOf, varsBlock } from "../helpers/wire.ts";

interface Outcome {
  readonly fault: unknown;
  /** Names, values and attributes of all properties, in their order. */
  readonly properties: unknown;
  readonly loaders: readonly string[];
}

function outcomeOf(read: (options: EnvironOptions) => Environ, options: EnvironOptions): Outcome {
  const loaders: string[] = [];
  let properties: unknown;
  const fault = faultOf(() => {
    const environ = read({ ...options, onLoaderVar: (name) => loaders.push(name) });
    properties = Object.entries(Object.getOwnPropertyDescriptors(environ));
  });
  return { fault, properties, loaders };
}

function planOf(pairs: readonly Pair[]): ReturnType<typeof planEnviron> {
  return planEnviron(pairs.map(([name]) => name));
}

const usual = [
  "REQUEST_METHOD",
  "SCRIPT_NAME",
  "PATH_INFO",
  "QUERY_STRING",
  "SERVER_NAME",
  "SERVER_PORT",
  "SERVER_PROTOCOL",
  "CONTENT_LENGTH",
  "REMOTE_USER",
  "REMOTE_IDENT",
  "AUTH_TYPE",
  "HTTPS",
  "HTTP_TRANSFER_ENCODING",
];
const odd = [
  "HTTP_PROXY",
  "HTTP_CONTENT_LENGTH",
  "wsgi.input",
  "__proto__",
  "constructor",
  "7",
  "HTTP_COOKIE",
  "HTTP_X",
];
const value = fc.constantFrom(
  "",
  "",
  "/",
  "a",
  "/a/b",
  "GET",
  "GET ",
  "chunked",
  "5",
  "a value of more than 24 bytes, cut from the block",
);
const options: fc.Arbitrary<EnvironOptions> = fc.record(
  {
    duplicates: fc.constantFrom("join", "refuse", "last"),
    trustedHeaders: fc.constantFrom([], ["HTTP_X"]),
    serverName: fc.constantFrom("", "name"),
    serverPort: fc.constantFrom("", "81"),
  },
  { requiredKeys: [] },
);
/** Names once each: what a plan is made for. */
const once = fc
  .shuffledSubarray([...usual, ...odd])
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), value))));
/** Names as often as they like, loader variables among them. */
const any = fc.array(fc.tuple(fc.constantFrom(...usual, ...odd, "UWSGI_FILE"), value), { maxLength: 12 });

test("an environ that is read by a plan is the one that the rules give, var by var", (t) => {
  let made = 0;
  fc.assert(
    fc.property(once, options, (pairs, given) => {
      const block = varsBlock(pairs);
      const plan = planOf(pairs);
      const slow = outcomeOf((all) => readOneByOne(decodeVars(block), all), given);
      if (slow.fault === undefined) made++;
      const fast = outcomeOf((all) => (plan === undefined ? {} : plan.read(decodeVars(block), all)) as Environ, given);
      t.deepEqual(fast, slow);
    }),
    { numRuns: 2_000 },
  );
  t.true(made > 500, `only ${made} of the packets gave an environ`);
});

test("a packet that comes again and again is read the same each time", (t) => {
  fc.assert(
    fc.property(fc.oneof(any, once), options, (pairs, given) => {
      const block = varsBlock(pairs);
      const slow = outcomeOf((all) => readOneByOne(decodeVars(block), all), given);
      for (let time = 0; time < 3; time++) {
        t.deepEqual(
          outcomeOf((all) => environFromVars(decodeVars(block), all), given),
          slow,
        );
      }
    }),
    { numRuns: 1_000 },
  );
});

test("one plan reads packets of the same names and other values, each by its own", (t) => {
  const names = [...usual, "HTTP_X"];
  const plan = planEnviron(names);
  fc.assert(
    fc.property(fc.tuple(...names.map(() => value)), (values) => {
      const block = varsBlock(names.map((name, i) => [name, values[i] ?? ""]));
      const slow = outcomeOf((all) => readOneByOne(decodeVars(block), all), {});
      t.deepEqual(
        outcomeOf((all) => plan?.read(decodeVars(block), all) ?? ({} as Environ), {}),
        slow,
      );
    }),
    { numRuns: 1_000 },
  );
});

test("packets of real front ends are read by a plan as they are var by var", (t) => {
  let planned = 0;
  for (const { name, vars } of readVectors()) {
    if (vars === undefined) continue;
    const plan = planOf(vars);
    if (plan === undefined) continue;
    planned++;
    const block = varsBlock(vars);
    const slow = outcomeOf((all) => readOneByOne(decodeVars(block), all), {});
    t.deepEqual(
      outcomeOf((all) => plan.read(decodeVars(block), all), {}),
      slow,
      name,
    );
  }
  t.true(planned > 20, `only ${planned} packets have a plan`);
});

test("there is no plan for a name that comes twice, nor for a loader variable", (t) => {
  t.is(planEnviron(["HTTP_X", "A", "HTTP_X"]), undefined);
  for (const name of loaderVars) t.is(planEnviron(["A", name]), undefined, name);
});

test("an environ of 48 vars and all that is added is read as var by var", (t) => {
  const pairs = Array.from({ length: 48 }, (_, i): Pair => [`HTTP_X_${i}`, `${i}`]);
  const slow = outcomeOf((all) => readOneByOne(decodeVars(varsBlock(pairs)), all), {});
  const plan = planOf(pairs);
  t.deepEqual(
    outcomeOf((all) => plan?.read(decodeVars(varsBlock(pairs)), all) ?? ({} as Environ), {}),
    slow,
  );
});

test("an environ that is read by a plan inherits no name, and is its own", (t) => {
  const plan = planEnviron(["HTTP_X", "__proto__"]);
  const block = varsBlock([
    ["HTTP_X", "1"],
    ["__proto__", "2"],
  ]);
  const [first, second] = [0, 1].map(() => plan?.read(decodeVars(block), {}) ?? ({} as Environ));
  t.false("toString" in (first ?? {}));
  t.is(first?.["__proto__"], "2");
  if (first !== undefined) first["MINE"] = "x";
  t.false("MINE" in (second ?? {}));
});
