/** T33: vars are called what their sender likes. Names that mean something to JavaScript are names here. */
import test from "ava";
import { wsgi, type WsgiEnviron } from "../../src/app/index.ts";
import { decodeVars } from "../../src/codec/index.ts";
import { contentLengthOf, environFromVars, headersOf, remoteOf, schemeOf, targetOf } from "../../src/environ/index.ts";
import { logServer } from "../../src/log/index.ts";
import { ask, requestOf } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import type { Pair } from "../helpers/vectors.ts";
import { packetOf, varsBlock } from "../helpers/wire.ts";

const names: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "toLocaleString",
  "valueOf",
  "hasOwnProperty",
  "isPrototypeOf",
  "propertyIsEnumerable",
  "__defineGetter__",
  "__lookupGetter__",
  "toJSON",
  "then",
  "length",
  "0",
  "HTTP___PROTO__",
  "HTTP_CONSTRUCTOR",
  "HTTP_",
];

const pairs: readonly Pair[] = names.map((name) => [name, `value of ${name}`]);

/** Few vars, and more than a packet usually has: they are kept in objects of two kinds. */
const blocks: readonly (readonly [about: string, pairs: readonly Pair[]])[] = [
  ["a few vars", pairs],
  ["many vars", [...pairs, ...Array.from({ length: 100 }, (_, i): Pair => [`FILLER_${i}`, ""])]],
];

const before = Object.getOwnPropertyNames(Object.prototype).sort();

/** True when nothing that all objects share has changed. */
function isClean(): boolean {
  const fresh = {} as Record<string, unknown>;
  return (
    String(Object.getOwnPropertyNames(Object.prototype).sort()) === String(before) &&
    Object.getPrototypeOf(fresh) === Object.prototype &&
    fresh["polluted"] === undefined &&
    typeof fresh.toString === "function" &&
    typeof Object.prototype.hasOwnProperty === "function"
  );
}

for (const [about, block] of blocks) {
  for (const kind of bothKinds) {
    test(`T33: names of JavaScript's are data in an environ of ${about}, and for wsgi, on ${kind}`, async (t) => {
      let seen: WsgiEnviron | undefined;
      await using server = await startServer(
        wsgi((environ, startResponse) => {
          seen = environ;
          startResponse("200 OK", []);
          return "served";
        }),
        { kind },
      );
      t.is((await ask(server.address, packetOf(varsBlock(block)))).body, "served");
      const environ = seen as unknown as Record<string, unknown>;
      for (const [name, value] of block) t.is(environ[name], value, name);
      for (const [name] of block) t.true(Object.keys(environ).includes(name), name);
      t.deepEqual([environ["absent"], "absent" in environ, "isPrototypeOf" in environ], [undefined, false, true]);
      t.true(isClean());
    });
  }

  test(`T33: repeats of such names follow the one rule in ${about}`, (t) => {
    const twice: Pair[] = block.flatMap(([name]): Pair[] => [
      [name, "first"],
      [name, "second"],
    ]);
    const environ = environFromVars(decodeVars(varsBlock(twice)));
    for (const name of names) t.is(environ[name], name.startsWith("HTTP_") ? "first, second" : "second", name);
    t.throws(() => environFromVars(decodeVars(varsBlock(twice)), { duplicates: "refuse" }), {
      code: "UWSGI_CONFLICTING_VARS",
    });
    t.true(isClean());
  });

  test(`T33: such names are not there when nobody sent them, in ${about}`, (t) => {
    const others = block.filter(([name]) => name.startsWith("FILLER_"));
    const environ = environFromVars(decodeVars(varsBlock(others)));
    for (const name of names) t.deepEqual([environ[name], name in environ], [undefined, false], name);
  });

  test(`T33: what is asked of an environ of ${about} answers as without such names`, (t) => {
    const environ = environFromVars(decodeVars(varsBlock(block)));
    t.deepEqual(
      [schemeOf(environ), targetOf(environ), contentLengthOf(environ), remoteOf(environ)],
      ["http", "/", 0, { address: undefined, port: undefined }],
    );
    t.deepEqual(headersOf(environ), [
      ["--proto--", "value of HTTP___PROTO__"],
      ["constructor", "value of HTTP_CONSTRUCTOR"],
    ]);
    t.true(isClean());
  });
}

test("T33: a value that is JSON for a prototype changes none", async (t) => {
  await using server = await startServer(({ environ }) => respond(JSON.stringify(environ)));
  const { body } = await ask(
    server.address,
    requestOf({ ["__proto__"]: '{"polluted":true}', ["constructor.prototype.polluted"]: "1" }),
  );
  t.regex(body, /"constructor.prototype.polluted":"1"/);
  t.true(isClean());
});

test("T33: the logs write such a request as any other", async (t) => {
  const access: string[] = [];
  const errors: string[] = [];
  await using server = await startServer((request) => {
    request.log("noted");
    throw new Error("failed");
  });
  const stop = logServer(server.server, {
    access: { write: (line: string) => access.push(line) },
    errors: { write: (line: string) => errors.push(line) },
  });
  t.is((await ask(server.address, packetOf(varsBlock([["PATH_INFO", "/p"], ...pairs])))).status, 500);
  await server.seen.ends.at();
  stop();
  t.deepEqual([access.length, errors.length], [1, 2]);
  t.regex(access.join(), /GET \/p.* 500 /);
  t.regex(errors.join(), /noted/);
  t.regex(errors.join(), /failed/);
  t.true(isClean());
});

test("T33: a value of such a name that splits a line is escaped where a log shows it", async (t) => {
  const access: string[] = [];
  await using server = await startServer(() => respond("x"));
  const stop = logServer(server.server, { access: { write: (line: string) => access.push(line) } });
  await ask(
    server.address,
    requestOf({ PATH_INFO: "/__proto__\n", ["__proto__"]: "\n", HTTP_USER_AGENT: "__proto__\n" }),
  );
  await server.seen.ends.at();
  stop();
  t.is(access.join().split("\n").length, 2);
});
