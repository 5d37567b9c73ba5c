import test from "ava";
import fc from "fast-check";
import { decodePacket, decodeVars, encodePacket } from "../../src/codec/index.ts";
import {
  contentLengthOf,
  type Environ,
  environFromVars,
  type EnvironOptions,
  headersOf,
  loaderVars,
  remoteOf,
  schemeOf,
  targetOf,
} from "../../src/environ/index.ts";
import { type Pair, readVectors, type Vector } from "../helpers/vectors.ts";
import { faultOf, varsBlock } from "../helpers/wire.ts";

function read(pairs: readonly Pair[], options?: EnvironOptions): Environ {
  return environFromVars(decodeVars(varsBlock(pairs)), options);
}

/** What `name` becomes when it comes once with each value: its value, or the code of the refusal. */
function merged(name: string, values: readonly string[], options?: EnvironOptions): unknown {
  let environ: Environ | undefined;
  const fault = faultOf(() => {
    environ = read(
      values.map((value) => [name, value]),
      options,
    );
  });
  return fault === undefined ? environ?.[name] : fault.code;
}

const duplicates: readonly (readonly [
  about: string,
  name: string,
  values: readonly string[],
  join: string,
  refuse: string,
  last: string,
])[] = [
  ["a header", "HTTP_ACCEPT", ["a", "b"], "a, b", "UWSGI_CONFLICTING_VARS", "b"],
  ["a header that comes three times", "HTTP_X_TAG", ["a", "b", "c"], "a, b, c", "UWSGI_CONFLICTING_VARS", "c"],
  ["a header with an empty first value", "HTTP_X_TAG", ["", "b"], ", b", "UWSGI_CONFLICTING_VARS", "b"],
  ["a header with equal values", "HTTP_X_TAG", ["a", "a"], "a, a", "a", "a"],
  ["a cookie", "HTTP_COOKIE", ["a=1", "b=2", "c=3"], "a=1; b=2; c=3", "UWSGI_CONFLICTING_VARS", "c=3"],
  ["a var that a router repeats", "SCRIPT_NAME", ["/a", "/b"], "/b", "UWSGI_CONFLICTING_VARS", "/b"],
  ["a path", "PATH_INFO", ["/a", "/b"], "/b", "UWSGI_CONFLICTING_VARS", "/b"],
  ["a var that nobody knows", "MY_VAR", ["a", "b"], "b", "UWSGI_CONFLICTING_VARS", "b"],
  ["a var that nobody knows with equal values", "MY_VAR", ["a", "a"], "a", "a", "a"],
  ["a name that begins like a header", "HTTPX", ["a", "b"], "b", "UWSGI_CONFLICTING_VARS", "b"],
];

for (const [about, name, values, join, refuse, last] of duplicates) {
  for (const [rule, expected] of [
    ["join", join],
    ["refuse", refuse],
    ["last", last],
  ] as const) {
    test(`${about}, repeated (${name}: ${values.join(" | ")}), is ${expected} under "${rule}"`, (t) => {
      t.is(merged(name, values, { duplicates: rule }), expected);
    });
  }
}

const unique: readonly Pair[] = [
  ["CONTENT_LENGTH", "5"],
  ["REQUEST_METHOD", "PUT"],
  ["REMOTE_ADDR", "192.0.2.1"],
  ["REMOTE_USER", "ann"],
  ["HTTPS", "on"],
  ["HTTP_HOST", "example.test"],
  ["HTTP_AUTHORIZATION", "Basic x"],
];

for (const [name, value] of unique) {
  test(`two different values of ${name} are refused`, (t) =>
    t.is(merged(name, [value, "7"]), "UWSGI_CONFLICTING_VARS"));
  test(`equal values of ${name} count once`, (t) => t.is(merged(name, [value, value, value]), value));
  test(`an empty ${name} beside another is a different value`, (t) =>
    t.is(merged(name, ["", value]), "UWSGI_CONFLICTING_VARS"));
  test(`the last ${name} wins under "last"`, (t) => t.is(merged(name, ["7", value], { duplicates: "last" }), value));
}

test("repeated vars are joined when nothing else is said", (t) => t.is(merged("HTTP_X", ["a", "b"]), "a, b"));

test("the message about two different values shows both, cut and escaped", (t) => {
  const fault = faultOf(() =>
    read([
      ["REMOTE_ADDR", "a\n"],
      ["REMOTE_ADDR", "b".repeat(200)],
    ]),
  );
  t.regex(fault?.message ?? "", /^REMOTE_ADDR came twice with different values, "a\\n" and "b{80}": /);
});

test("the message about a header that came twice shows no value: it is logged, and may be a password", (t) => {
  const fault = faultOf(() =>
    read([
      ["HTTP_AUTHORIZATION", "Basic a"],
      ["HTTP_AUTHORIZATION", "Basic b"],
    ]),
  );
  t.is(fault?.message, "HTTP_AUTHORIZATION came twice with different values: only one can be true");
});

for (const name of loaderVars) {
  test(`${name} does not reach the application and is reported`, (t) => {
    const seen: string[] = [];
    const environ = read(
      [
        [name, "exec://id"],
        [name, "again"],
      ],
      { onLoaderVar: (seenName) => seen.push(seenName) },
    );
    t.deepEqual([environ[name], seen], [undefined, [name, name]]);
  });
}

test("loader variables are left out when nobody wants to be told", (t) => {
  t.false("UWSGI_FILE" in read([["UWSGI_FILE", "x"]]));
});

for (const name of ["UWSGI_ROUTER", "UWSGI_SCHEME", "UWSGI_FILES", "uwsgi_file"]) {
  test(`${name} is plain data`, (t) => t.is(read([[name, "x"]])[name], "x"));
}

for (const name of [
  "HTTP_PROXY",
  "HTTP_CONTENT_TYPE",
  "HTTP_CONTENT_LENGTH",
  "wsgi.input",
  "wsgi.url_scheme",
  "wsgi.",
  "uisge.user",
  "uisge.session",
]) {
  test(`${name} from the wire is left out`, (t) => t.false(name in read([[name, "x"]])));
}

for (const name of [
  "HTTP_PROXY_X",
  "HTTP_PROXY_AUTHORIZATION",
  "wsgi",
  "WSGI.x",
  "uisge",
  "UISGE.x",
  "HTTP_",
  "HTTP_CONTENT_TYPES",
]) {
  test(`${name} is passed on: it only begins like a name that is left out`, (t) =>
    t.is(read([[name, "x"]])[name], "x"));
}

test("HTTP_TRANSFER_ENCODING is hidden when there is a CONTENT_LENGTH, in whichever order they come", (t) => {
  const pairs: Pair[] = [
    ["HTTP_TRANSFER_ENCODING", "chunked"],
    ["CONTENT_LENGTH", "5"],
  ];
  t.deepEqual(
    [pairs, pairs.toReversed()].map((order) => "HTTP_TRANSFER_ENCODING" in read(order)),
    [false, false],
  );
});

test("HTTP_TRANSFER_ENCODING stays when there is no CONTENT_LENGTH, or an empty one", (t) => {
  const chunked: Pair = ["HTTP_TRANSFER_ENCODING", "chunked"];
  t.is(read([chunked])["HTTP_TRANSFER_ENCODING"], "chunked");
  t.is(read([["CONTENT_LENGTH", ""], chunked])["HTTP_TRANSFER_ENCODING"], "chunked");
});

test("an empty packet is a GET of nothing in particular", (t) => {
  t.deepEqual(
    { ...read([]) },
    {
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "",
      PATH_INFO: "",
      QUERY_STRING: "",
      SERVER_NAME: "localhost",
      SERVER_PORT: "0",
      SERVER_PROTOCOL: "HTTP/1.0",
    },
  );
});

test("an empty SERVER_NAME, SERVER_PORT and SERVER_PROTOCOL are filled in, from the options where they say", (t) => {
  const empty: Pair[] = [
    ["SERVER_NAME", ""],
    ["SERVER_PORT", ""],
    ["SERVER_PROTOCOL", ""],
  ];
  t.like(read(empty), { SERVER_NAME: "localhost", SERVER_PORT: "0", SERVER_PROTOCOL: "HTTP/1.0" });
  t.like(read(empty, { serverName: "app", serverPort: "81" }), { SERVER_NAME: "app", SERVER_PORT: "81" });
});

test("what the packet says is not overwritten by defaults", (t) => {
  const pairs: Pair[] = [
    ["SERVER_NAME", "a"],
    ["SERVER_PORT", "1"],
    ["SERVER_PROTOCOL", "HTTP/2.0"],
  ];
  t.like(read(pairs, { serverName: "b", serverPort: "2" }), Object.fromEntries(pairs));
});

for (const [about, script, path, expected] of [
  ["and a path is the root, not a mount point", "/", "/a", ["", "/a"]],
  ["keeps the slash that the path lacks", "/", "a", ["", "/a"]],
  ["alone is the path /", "/", "", ["", "/"]],
] as const) {
  test(`SCRIPT_NAME "/" ${about}`, (t) => {
    const { SCRIPT_NAME, PATH_INFO } = read([
      ["SCRIPT_NAME", script],
      ["PATH_INFO", path],
    ]);
    t.deepEqual([SCRIPT_NAME, PATH_INFO], [...expected]);
  });
}

for (const name of ["REMOTE_USER", "REMOTE_IDENT", "AUTH_TYPE", "HTTPS"]) {
  test(`an empty ${name} is absent: applications test for its presence`, (t) => t.false(name in read([[name, ""]])));
}

for (const method of ["", "GET ", "G\nET", "GET/", "GÉT", "(GET)"]) {
  test(`REQUEST_METHOD ${JSON.stringify(method)} is refused`, (t) => {
    t.is(faultOf(() => read([["REQUEST_METHOD", method]]))?.code, "UWSGI_BAD_METHOD");
  });
}

for (const method of ["GET", "MY_METHOD", "M-SEARCH", "get", "!#$%&'*+-.^_`|~"]) {
  test(`REQUEST_METHOD ${method} is a token and is kept as it is`, (t) => {
    t.is(read([["REQUEST_METHOD", method]]).REQUEST_METHOD, method);
  });
}

const hostile = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__", "valueOf"];

test("names that objects inherit are ordinary names in an environ", (t) => {
  const environ = read(hostile.map((name) => [name, `of ${name}`]));
  t.deepEqual(
    hostile.map((name) => [Object.hasOwn(environ, name), environ[name]]),
    hostile.map((name) => [true, `of ${name}`]),
  );
});

test("an environ inherits no name", (t) => {
  const environ = read([]);
  t.deepEqual(
    hostile.filter((name) => name in environ),
    [],
  );
});

test("names that objects inherit, repeated, are not taken for what is inherited", (t) => {
  t.is(merged("__proto__", ["a", "b"]), "b");
  t.is(merged("constructor", ["a", "b"], { duplicates: "refuse" }), "UWSGI_CONFLICTING_VARS");
});

test("no var changes the prototype of other objects", (t) => {
  read([
    ["__proto__", "x"],
    ["__proto__.x", "x"],
    ["constructor.prototype.x", "x"],
  ]);
  t.is(({} as { x?: unknown }).x, undefined);
});

test("each environ is its own: a change in one is not seen in another", (t) => {
  const first = read([]);
  first["MINE"] = "x";
  t.false("MINE" in read([]));
});

test("bytes 0x80 to 0xff come through names and values as latin-1", (t) => {
  const high = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));
  t.is(read([[high, high]])[high], high);
});

test("any vars give an environ of strings, or one of the two refusals", (t) => {
  const name = fc.oneof(
    fc.constantFrom(...hostile, ...loaderVars, ...unique.map(([known]) => known), "HTTP_X", "wsgi.x", "SCRIPT_NAME"),
    fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 12 }),
  );
  const value = fc.string({ unit: "binary-ascii", maxLength: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
      let environ: Environ | undefined;
      const fault = faultOf(() => {
        environ = read(pairs);
      });
      if (fault !== undefined) return fault.code === "UWSGI_CONFLICTING_VARS" || fault.code === "UWSGI_BAD_METHOD";
      return Object.values(environ ?? {}).every((entry) => typeof entry === "string");
    }),
  );
  t.pass();
});

// The packets that real front ends and broken clients sent.

const refusals: Readonly<Record<string, string>> = {
  "malformed/content-length-huge": "UWSGI_BAD_CONTENT_LENGTH",
  "malformed/content-length-negative": "UWSGI_BAD_CONTENT_LENGTH",
  "malformed/content-length-plus": "UWSGI_BAD_CONTENT_LENGTH",
  "malformed/content-length-spaces": "UWSGI_BAD_CONTENT_LENGTH",
  "malformed/dup-method": "UWSGI_CONFLICTING_VARS",
  "malformed/method-crlf": "UWSGI_BAD_METHOD",
  "families/cl-5x": "UWSGI_BAD_CONTENT_LENGTH",
  "families/cl-plus-5": "UWSGI_BAD_CONTENT_LENGTH",
  "uwsgi/http-tcp-duplicate-length": "UWSGI_BAD_CONTENT_LENGTH",
};

const requests = readVectors().filter(
  ({ header, refused, varsCount }) => header?.modifier1 === 0 && refused === undefined && varsCount === undefined,
);

function readVector({ packet }: Vector): Environ {
  const decoded = decodePacket(packet);
  if (decoded === undefined) throw new Error("the packet is not whole");
  return environFromVars(decoded.vars);
}

for (const vector of requests) {
  const refusal = refusals[vector.name];
  if (refusal !== undefined) {
    test(`${vector.name} is refused with ${refusal}`, (t) => {
      t.is(faultOf(() => contentLengthOf(readVector(vector)))?.code, refusal);
    });
    continue;
  }

  test(`${vector.name} is read as an environ without surprise`, (t) => {
    const environ = readVector(vector);
    const given = vector.vars ?? [];
    const once = given.filter(([name]) => given.filter(([other]) => other === name).length === 1);
    const kept = once.filter(
      ([name, value]) =>
        !loaderVars.has(name) &&
        !/^(?:HTTP_PROXY|HTTP_CONTENT_(?:TYPE|LENGTH)|HTTP_TRANSFER_ENCODING)$|^(?:wsgi|uisge)\./.test(name) &&
        !(value === "" && /^(?:SERVER_|REMOTE_USER|REMOTE_IDENT|AUTH_TYPE|HTTPS)/.test(name)) &&
        !(name === "SCRIPT_NAME" && value === "/"),
    );
    t.deepEqual(
      kept.map(([name]) => [name, environ[name]]),
      kept,
    );
    t.true(contentLengthOf(environ) >= 0);
    t.true(["http", "https"].includes(schemeOf(environ)));
    t.regex(targetOf(environ), /^[/*h]/);
    t.notThrows(() => remoteOf(environ));
    t.deepEqual(
      headersOf(environ).filter(([name]) => name === "proxy"),
      [],
    );
    // What can be sent on is sent on unchanged.
    const again = decodePacket(encodePacket({ vars: Object.entries(environ) as [string, string][] }));
    t.deepEqual(again?.vars.toObject(), { ...environ } as Record<string, string>);
  });
}

test("there are vectors of all front ends among those that were read", (t) => {
  const folders = new Set(requests.map(({ name }) => name.split("/")[0]));
  for (const folder of ["apache", "lighttpd", "nginx", "nginx-1.31", "tools", "uwsgi"])
    t.true(folders.has(folder), folder);
});

test("what all environs inherit is nothing, and stays so", (t) => {
  const environ = environFromVars(decodeVars(varsBlock([["REQUEST_METHOD", "GET"]])));
  const shared = Object.getPrototypeOf(environ) as object | null;
  if (shared !== null) {
    t.is(Object.getPrototypeOf(shared), null);
    t.throws(() => Object.defineProperty(shared, "REMOTE_USER", { value: "root" }), { instanceOf: TypeError });
  }
  t.is(environ.REMOTE_USER, undefined);
});
