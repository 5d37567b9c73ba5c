import test from "ava";
import fc from "fast-check";
import { readEnvironment } from "../../src/cgi/environment.ts";

/** The environment as Node and as the kernel would show it. */
function userEnvironmentOf(vars: Readonly<Record<string, string>>): [env: NodeJS.ProcessEnv, raw: Uint8Array] {
  const env = Object.fromEntries(
    Object.entries(vars).map(([name, value]) => [name, Buffer.from(value, "latin1").toString()]),
  );
  const raw = Object.entries(vars).map(([name, value]) => `${name}=${value}\0`);
  return [env, Buffer.from(raw.join(""), "latin1")];
}

test("every byte of every value is read back, with the kernel's copy", (t) => {
  const value = fc.array(fc.integer({ min: 1, max: 255 })).map((bytes) => String.fromCharCode(...bytes));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("A", "B", "PATH_INFO", "HTTP_X"), value), (vars) => {
      const [env, raw] = userEnvironmentOf(vars);
      t.deepEqual(Object.fromEntries(readEnvironment(env, () => raw)), { ...vars });
    }),
  );
});

test("the kernel's copy is read only where bytes were lost", (t) => {
  t.deepEqual(
    readEnvironment({ A: "caf\u00e9" }, () => {
      throw new Error("read");
    }),
    [["A", "caf\u00c3\u00a9"]],
  );
});

test("what the program has set meanwhile counts, not the kernel's copy", (t) => {
  const raw = Buffer.from("A=old\xff\0", "latin1");
  t.deepEqual(
    readEnvironment({ A: "new\u{fffd}" }, () => raw),
    [["A", "new\u00ef\u00bf\u00bd"]],
  );
});

test("without the kernel's copy, a path that is not UTF-8 is read from REQUEST_URI", (t) => {
  const env = { PATH_INFO: "/a b/\u{fffd}", SCRIPT_NAME: "/cgi-bin/app", REQUEST_URI: "/cgi-bin/app/a%20b/%E9?x=%FF" };
  t.is(new Map(readEnvironment(env, () => undefined)).get("PATH_INFO"), "/a b/\u00e9");
});

for (const [about, target] of [
  ["of another path", "/cgi-bin/app/other/%E9"],
  ["that is not below the program", "/rewritten/%E9"],
  ["that is none", "*"],
] as const) {
  test(`a REQUEST_URI ${about} is not taken for the path`, (t) => {
    const env = { PATH_INFO: "/\u{fffd}", SCRIPT_NAME: "/cgi-bin/app", REQUEST_URI: target };
    t.is(new Map(readEnvironment(env, () => undefined)).get("PATH_INFO"), "/\u00ef\u00bf\u00bd");
  });
}
