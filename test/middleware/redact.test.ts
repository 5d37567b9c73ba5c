import test from "ava";
import fc from "fast-check";
import type { Environ } from "../../src/environ/index.ts";
import { isSecretName, redactEnviron, redactQuery } from "../../src/middleware/redact.ts";

const shownOf = (name: string, value: unknown): string | undefined =>
  redactEnviron({ [name]: value } as unknown as Environ)[0]?.[1];

for (const name of [
  "DATABASE_PASSWORD",
  "passwd",
  "client_secret",
  "accessToken",
  "HTTP_X_API_KEY",
  "AWS_CREDENTIALS",
  "uisge.session",
  "HTTP_AUTHORIZATION",
  "HTTP_PROXY_AUTHORIZATION",
  "HTTP_COOKIE",
  "X-Amz-Signature",
  "code",
  "sid",
  "HTTP_X_AUTH",
]) {
  test(`${name} is the name of a secret`, (t) => {
    t.true(isSecretName(name));
  });
}

for (const name of ["AUTH_TYPE", "REMOTE_USER", "HTTP_ACCEPT_ENCODING", "PATH_INFO", "status_code", "page", "pinned"]) {
  test(`${name} is no name of a secret`, (t) => {
    t.false(isSecretName(name));
  });
}

for (const [query, shown] of [
  ["", ""],
  ["a=1&b=2", "a=1&b=2"],
  ["token=abc", "token=[redacted]"],
  ["a=1&token=a=b=c&b=2", "a=1&token=[redacted]&b=2"],
  ["a=1;token=abc", "a=1;token=[redacted]"],
  ["%74oken=abc", "%74oken=[redacted]"],
  ["user[password]=abc", "user[password]=[redacted]"],
  ["token=", "token="],
  ["next=%2Fx%3Ftoken%3Dabc", "next=[redacted]"],
  ["next=%252Fx%253Ftoken%253Dabc", "next=[redacted]"],
  ['q={"password":"abc"}', "q=[redacted]"],
  ["q=%7B%22password%22%3A%22abc%22%7D", "q=[redacted]"],
  ["x=eyJhbGciOi.eyJzdWIi.c2ln", "x=[redacted]"],
  ["x=tea-eyJhbGciOi.eyJzdWIi.c2ln", "x=[redacted]"],
  ["x=%zz&%zztoken=abc", "x=%zz&%zztoken=[redacted]"],
] as const) {
  test(`the query ${query} is shown as ${shown}`, (t) => {
    t.is(redactQuery(query), shown);
  });
}

for (const [name, value, shown] of [
  ["HTTP_COOKIE", "sid=abc; theme=dark;x", "sid=[redacted]; theme=[redacted]; [redacted]"],
  ["HTTP_AUTHORIZATION", "Basic Zm9v", "Basic [redacted]"],
  ["HTTP_AUTHORIZATION", "Zm9v", "[redacted]"],
  ["HTTP_AUTHORIZATION", "Digest a=b, response=c", "Digest [redacted]"],
  ["QUERY_STRING", "a=1&token=abc", "a=1&token=[redacted]"],
  ["REQUEST_URI", "/tea?token=abc&b=1", "/tea?token=[redacted]&b=1"],
  [
    "HTTP_REFERER",
    "https://example.org/?token=abc#access_token=abc",
    "https://example.org/?token=[redacted]#access_token=[redacted]",
  ],
  ["HTTP_REFERER", "https://ann:p@ss@example.org/", "https://[redacted]@example.org/"],
  ["HTTP_X_DATA", '{"password":"abc"}', "[redacted]"],
  ["HTTP_X_OTHER", "Bearer abc", "[redacted]"],
  ["HTTP_USER_AGENT", "curl/8 (x; y)", "curl/8 (x; y)"],
  ["PATH_INFO", "/caf\xc3\xa9", "/café"],
  ["PATH_INFO", "/caf\xe9", "/caf\xe9"],
  ["DATABASE_PASSWORD", "", ""],
  ["uisge.session", {}, "[redacted]"],
  ["uisge.request", new Map(), "[Map]"],
  ["wsgi.version", [1, 0], "[1, 0]"],
  ["x.list", ["a"], "[list of 1]"],
  ["wsgi.file_wrapper", () => {}, "[function]"],
  ["wsgi.multithread", true, "true"],
  ["x.null", null, "null"],
  ["x.bare", Object.create(null), "[Object]"],
] as const) {
  test(`${name} ${JSON.stringify(value) ?? typeof value} is shown as ${shown}`, (t) => {
    t.is(shownOf(name, value), shown);
  });
}

test("a value that throws when it is looked at is shown as such", (t) => {
  const environ = {
    get "x.getter"(): string {
      throw new Error("planted");
    },
    "x.proxy": new Proxy(
      {},
      {
        get: () => {
          throw new Error("planted");
        },
      },
    ),
  } as unknown as Environ;
  t.deepEqual(redactEnviron(environ), [
    ["x.getter", "[cannot be shown]"],
    ["x.proxy", "[cannot be shown]"],
  ]);
});

test("long values are cut", (t) => {
  t.is(shownOf("HTTP_X", "a".repeat(60_000))?.length, 2_051);
});

test("a secret is not shown, wherever in a query it stands under its name", (t) => {
  const word = fc.stringMatching(/^[a-z&;=%+?#]{0,8}$/);
  fc.assert(
    fc.property(word, word, (before, behind) => {
      t.false(redactQuery(`${before}&token=planted${behind.replaceAll(/[&;]/g, "")}`).includes("planted"));
    }),
  );
});

test("the worst text is looked at in no time", (t) => {
  const startedAt = performance.now();
  for (const text of [
    "eyJ-".repeat(80_000),
    "a.".repeat(160_000),
    "//".repeat(160_000),
    "?".repeat(320_000),
    "%25".repeat(80_000),
  ]) {
    shownOf("HTTP_X", text);
    shownOf("QUERY_STRING", `a=${text}`);
  }
  t.true(performance.now() - startedAt < 10_000);
});

test("a long query with many beginnings of tokens is looked at in no time", (t) => {
  const startedAt = performance.now();
  redactQuery(`a=${"-eyJaaaaa".repeat(160_000)}&b=${"-eyJaaaaa.".repeat(160_000)}`);
  t.true(performance.now() - startedAt < 20_000);
});
