import test from "ava";
import fc from "fast-check";
import { readEnvironment } from "../../../src/config/read/read-environment.ts";
import { nearlyAnything, saidBy, wrongIn } from "../../helpers/read-files.ts";

const names = new Set(["max-requests", "socket", "http", "env", "processes"]);

for (const [rule, env, said] of [
  ["a variable says an option, as text", { UISGE_MAX_REQUESTS: "5", PATH: "/bin" }, ['max-requests="5"']],
  ["an empty text is said", { UISGE_SOCKET: "" }, ['socket=""']],
  [
    "each item of a list of JSON is said for itself",
    { UISGE_SOCKET: '["a", 1.50]' },
    ['socket[]="a"', "socket[]=1.5 (1.50)"],
  ],
  ["an empty list is said", { UISGE_SOCKET: "[]" }, ["socket=[]"]],
  ["an object of JSON is said", { UISGE_ENV: ' {"A": {"b": 1}}' }, ['env={"A":{"b":1}}']],
  [
    "an address of IPv6 is a text",
    { UISGE_HTTP: "[::1]:80", UISGE_SOCKET: "[fe80::1%eth0]:3000" },
    ['http="[::1]:80"', 'socket="[fe80::1%eth0]:3000"'],
  ],
] as const) {
  test(rule, (t) => {
    const read = readEnvironment(env, names);
    t.deepEqual(wrongIn(read), []);
    t.deepEqual(saidBy(read), [...said]);
  });
}

test("what is said comes from the variable", (t) => {
  const { givens } = readEnvironment({ UISGE_SOCKET: '["a"]' }, names);
  const origin = { kind: "environment", variable: "UISGE_SOCKET" } as const;
  t.deepEqual(givens[0]?.origin, origin);
  t.deepEqual(givens[0]?.at?.([0]), origin);
});

for (const [variable, value, wrong] of [
  [
    "UISGE_SOCKET",
    "[1",
    'it begins as JSON does, and cannot be read: the text ends here, "," or "]" is needed, at character 3',
  ],
  [
    "UISGE_ENV",
    '{"a":1,"a":2}',
    'it begins as JSON does, and cannot be read: "a" is said twice, first on line 1, at character 8',
  ],
  ["UISGE_PROCESES", "2", "no option is meant by it, did you mean UISGE_PROCESSES?"],
  ["UISGE_socket", "a", "no option is meant by it, did you mean UISGE_SOCKET?"],
  ["UISGE_MAX-REQUESTS", "1", "no option is meant by it, did you mean UISGE_MAX_REQUESTS?"],
] as const) {
  test(`a problem: ${variable}=${value}`, (t) => {
    const read = readEnvironment({ [variable]: value }, names);
    t.deepEqual(read.givens, []);
    t.deepEqual(wrongIn(read), [wrong]);
    t.deepEqual(read.problems[0]?.origin, { kind: "environment", variable });
  });
}

test("a value that cannot be read names its option, a variable that may be mistyped does not", (t) => {
  const { problems } = readEnvironment({ UISGE_SOCKET: "[", UISGE_SOKCET: "a" }, names);
  t.deepEqual(
    problems.map(({ name }) => name),
    ["socket", undefined],
  );
});

test("what uisge says to itself is passed over, and what is near to nothing", (t) => {
  const own = ["WORKER_ID", "HANDOVER", "PREDECESSOR", "PRIVATE_SOCKET", "EMPEROR", "TRANSPORT", "FORBID_SKIPS"];
  const near = new Set(own.map((name) => name.toLowerCase().replaceAll("_", "-").slice(1)));
  const env = Object.fromEntries([...own, "", "SOMETHING_ELSE"].map((name) => [`UISGE_${name}`, "1"]));
  t.deepEqual(readEnvironment(env, near), { givens: [], problems: [] });
});

test("whatever a variable holds, it is said or refused", (t) => {
  fc.assert(
    fc.property(nearlyAnything, (value) => {
      const { givens, problems } = readEnvironment({ UISGE_SOCKET: value }, names);
      return givens.length > 0 !== problems.length > 0;
    }),
    { numRuns: 500 },
  );
  t.pass();
});
