import test from "ava";
import { middlewareByName, middlewareNames } from "../../src/middleware/by-name.ts";

/** What each needs to be made. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  session: { keys: ["a key of at least thirty-two characters, more or less"] },
  auth: { frontEnd: {} },
};

for (const name of middlewareNames) {
  test(`${name} is made by its name, and refuses options that it has not`, async (t) => {
    t.is(typeof (await middlewareByName(name, needed[name])), "function");
    await t.throwsAsync(middlewareByName(name, { ...needed[name], nothing: 1 }), { code: "UWSGI_INVALID_ARGUMENT" });
  });
}

for (const [name, meant] of [
  ["sesion", ", did you mean session?"],
  ["Compress", ", did you mean compress?"],
  ["compression", ", did you mean compress?"],
  ["error", ", did you mean errors?"],
  ["a", ", did you mean auth?"],
  ["rack", ""],
  ["", ""],
  ["__proto__", ""],
] as const) {
  test(`${JSON.stringify(name)} is no middleware, and the error says which there are${meant}`, async (t) => {
    await t.throwsAsync(middlewareByName(name), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
      message: `there is no middleware ${JSON.stringify(name)}, there are inspect, errors, compress, session, auth${meant}`,
    });
  });
}

test("what is no name is refused", async (t) => {
  await t.throwsAsync(middlewareByName(undefined as never), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: /no middleware undefined/,
  });
});
