import test from "ava";
import { environTarget, type ReadEnviron } from "../../fuzz/targets/environ.ts";
import { environFromVars } from "../../src/environ/index.ts";
import { hunt } from "../helpers/hunt.ts";

const lastWins: ReadEnviron = (vars, options) => environFromVars(vars, { ...options, duplicates: "last" });

const trustingAll: ReadEnviron = (vars, options) => environFromVars(vars, { ...options, trustedHeaders: [] });

const withLoaderVars: ReadEnviron = (vars, options) => {
  const environ = environFromVars(vars, options);
  if (vars.has("UWSGI_FILE")) environ["UWSGI_FILE"] = vars.get("UWSGI_FILE");
  return environ;
};

const withProxy: ReadEnviron = (vars, options) => {
  const environ = environFromVars(vars, options);
  if (vars.has("HTTP_PROXY")) environ["HTTP_PROXY"] = vars.get("HTTP_PROXY");
  return environ;
};

const withInput: ReadEnviron = (vars, options) => {
  const environ = environFromVars(vars, options);
  if (vars.has("wsgi.input")) environ["wsgi.input"] = vars.get("wsgi.input");
  return environ;
};

/** Made as an ordinary object: `__proto__` is no var in it. */
const withPrototype: ReadEnviron = (vars, options) => {
  const environ = environFromVars(vars, options);
  const made = {} as typeof environ;
  for (const name of Object.keys(environ)) made[name] = environ[name];
  return made;
};

const withoutCodes: ReadEnviron = (vars, options) => {
  try {
    return environFromVars(vars, options);
  } catch (error) {
    throw new Error(String(error), { cause: error });
  }
};

const withoutEmpty: ReadEnviron = (vars, options) => {
  const environ = environFromVars(vars, options);
  if (environ.HTTP_COOKIE === "") delete environ.HTTP_COOKIE;
  return environ;
};

test("an environ holds to its rules", async (t) => {
  t.is(await hunt(environTarget(), 3_000), undefined);
});

for (const [what, read] of [
  ["believes the last of two lengths", lastWins],
  ["joins what a client sent to a header of the front end", trustingAll],
  ["lets loader vars in", withLoaderVars],
  ["lets a proxy in", withProxy],
  ["takes wsgi.input from the wire", withInput],
  ["has a prototype", withPrototype],
  ["is refused without a code", withoutCodes],
  ["loses a var that is empty", withoutEmpty],
] satisfies [string, ReadEnviron][]) {
  test(`an environ that ${what} is found`, async (t) => {
    t.truthy(await hunt(environTarget(read), 3_000));
  });
}
