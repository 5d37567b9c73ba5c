/** Tokens that another library (jsonwebtoken) has made. */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import jwt from "jsonwebtoken";
import { auth, bearer, type BearerOptions } from "../../../src/middleware/auth/index.ts";
import { ask, basicHeader, interfaces, lines, outcomeOf, type Seen } from "./whoami.ts";

const secret = "a secret of thirty-two bytes or more";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");

function pem(key: KeyObject): string {
  return key.export({ type: key.type === "public" ? "spki" : "pkcs8", format: "pem" }) as string;
}

function jwk(key: KeyObject, more: Record<string, string> = {}): Record<string, unknown> {
  return { ...key.export({ format: "jwk" }), ...more };
}

const hour = { expiresIn: "1h", subject: "alice" } as const;
const withToken = (token: string): { headers: Record<string, string> } => ({
  headers: { Authorization: `Bearer ${token}` },
});

async function outcome(options: BearerOptions, token: string): Promise<string | number | null> {
  return outcomeOf(await ask(auth(bearer(options)), withToken(token)));
}

/** What the challenge says of a token that is refused. */
async function description(options: BearerOptions, token: string): Promise<string | undefined> {
  const answer = await ask(auth(bearer(options)), withToken(token));
  return /^Bearer realm="restricted", error="invalid_token", error_description="([^"]*)"$/.exec(
    answer.get("www-authenticate") ?? "",
  )?.[1];
}

for (const name of interfaces) {
  test(`the claims of a token reach a ${name} application`, async (t) => {
    const token = jwt.sign({ role: "admin" }, secret, hour);
    const answer = await ask(auth(bearer({ secret })), withToken(token), name);
    const { user, remoteUser, authType } = answer.json() as Seen;
    t.like(user, { name: "alice", scheme: "Bearer", claims: { sub: "alice", role: "admin" } });
    t.deepEqual([remoteUser, authType], ["alice", "Bearer"]);
    t.is(answer.get("cache-control"), "private");
  });
}

test("without a token the challenge says nothing of an error", async (t) => {
  const answer = await ask(auth(bearer({ secret, realm: 'the "api"' })));
  t.is(answer.status, 401);
  t.deepEqual(lines(answer, "www-authenticate"), ['Bearer realm="the \\"api\\""']);
});

test("credentials of another scheme are no token", async (t) => {
  const answer = await ask(auth(bearer({ secret })), { headers: basicHeader("alice", "secret") });
  t.is(answer.get("www-authenticate"), 'Bearer realm="restricted"');
});

test("a token in the query or a form is none", async (t) => {
  const token = jwt.sign({}, secret, hour);
  t.is(outcomeOf(await ask(auth(bearer({ secret })), { path: `/?access_token=${token}` })), 401);
  const body = new URLSearchParams({ access_token: token });
  t.is(outcomeOf(await ask(auth(bearer({ secret })), { body })), 401);
});

for (const [title, key, options] of [
  ["HS256", secret, { algorithm: "HS256" }],
  ["HS512", "x".repeat(64), { algorithm: "HS512" }],
] as const) {
  test(`a token by ${title} is good, one by another secret is not`, async (t) => {
    t.is(await outcome({ secret: key }, jwt.sign({}, key, { ...hour, ...options })), "alice");
    t.is(
      await description({ secret: key }, jwt.sign({}, `${key}!`, { ...hour, ...options })),
      "the signature is wrong",
    );
  });
}

for (const [title, pair, algorithm] of [
  ["RS256", rsa, "RS256"],
  ["PS512", rsa, "PS512"],
  ["ES256", ec, "ES256"],
] as const) {
  test(`a token by ${title} is good, the key as PEM or JWK`, async (t) => {
    const token = jwt.sign({}, pem(pair.privateKey), { ...hour, algorithm });
    t.is(await outcome({ publicKey: pem(pair.publicKey), audience: false }, token), "alice");
    t.is(await outcome({ publicKey: jwk(pair.publicKey), audience: false }, token), "alice");
  });
}

test("a token by the key of somebody else is refused", async (t) => {
  const token = jwt.sign({}, pem(otherRsa.privateKey), { ...hour, algorithm: "RS256" });
  t.is(await description({ publicKey: pem(rsa.publicKey), audience: false }, token), "the signature is wrong");
});

const at = (seconds: number): number => Math.floor(new Date().getTime() / 1_000) + seconds;

for (const [title, payload, options, expected] of [
  ["has expired", { exp: at(-60) }, {}, "the token has expired"],
  ["is not valid yet", { exp: at(600), nbf: at(60) }, {}, "the token is not valid yet"],
  ["never expires", {}, {}, "the token says not when it expires"],
  ["is for another audience", { exp: at(600), aud: "shop" }, { audience: "tea" }, "the token is for another audience"],
  ["is for no audience", { exp: at(600) }, { audience: "tea" }, "the token is for another audience"],
  [
    "is of another issuer",
    { exp: at(600), iss: "https://b" },
    { issuer: "https://a" },
    "the token is from another issuer",
  ],
  ["names nobody", { exp: at(600), sub: undefined }, {}, "the token names nobody"],
  ["names nobody who can be", { exp: at(600), sub: "al\nice" }, {}, "the token names nobody"],
  ["has no text as a name", { exp: at(600), id: 7 }, { nameClaim: "id" }, "the token names nobody"],
] as const) {
  test(`a token that ${title} is refused, and the challenge says so`, async (t) => {
    const token = jwt.sign({ sub: "alice", ...payload }, secret, { noTimestamp: true });
    t.is(await description({ secret, ...options }, token), expected);
  });
}

test("audiences and issuers can be several, the name another claim, the expiry left out, clocks apart", async (t) => {
  const options = { secret, audience: ["tea", "coffee"], issuer: ["https://a"], nameClaim: "email" } as const;
  const claims = { aud: ["coffee", "x"], iss: "https://a", email: "a@b.c" };
  t.is(await outcome({ ...options, requireExpiry: false }, jwt.sign(claims, secret)), "a@b.c");
  const late = jwt.sign({ ...claims, exp: at(-60) }, secret);
  t.is(await outcome({ ...options, clockToleranceSeconds: 120 }, late), "a@b.c");
});

test("the time is a parameter", async (t) => {
  const token = jwt.sign({ sub: "alice", exp: 1_000 }, secret, { noTimestamp: true });
  t.is(await outcome({ secret, now: () => 999_000 }, token), "alice");
  t.is(await outcome({ secret, now: () => 1_006_000 }, token), 401);
});

// Attacks

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = { sub: "admin", exp: 32_503_680_000 };

test("a token without a signature is refused: alg none, in any case", async (t) => {
  for (const alg of ["none", "None", "NONE", ""]) {
    for (const signature of ["", "x"]) {
      const token = `${part({ alg, typ: "JWT" })}.${part(claims)}.${signature}`;
      t.is(await outcome({ secret }, token), 401);
      t.is(await outcome({ publicKey: pem(rsa.publicKey), audience: false }, token), 401);
    }
  }
});

test("a public key is no secret: HS256 with its PEM is refused", async (t) => {
  const key = pem(rsa.publicKey);
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const token = `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
  t.is(await description({ publicKey: key, audience: false }, token), "the algorithm is not allowed");
  const keys = [jwk(rsa.publicKey)];
  t.is(await description({ jwks: { keys }, audience: false }, token), "the algorithm is not allowed");
});

test("a key that comes with the token is not used", async (t) => {
  for (const header of [{ jwk: jwk(otherRsa.publicKey) }, { jku: "http://127.0.0.1:9/jwks" }]) {
    const token = jwt.sign(claims, pem(otherRsa.privateKey), {
      algorithm: "RS256",
      header: { alg: "RS256", ...header } as unknown as jwt.JwtHeader,
    });
    t.is(await description({ publicKey: pem(rsa.publicKey), audience: false }, token), "the signature is wrong");
  }
});

test("an algorithm that is not in the list is refused, though the key could", async (t) => {
  const token = jwt.sign({}, pem(rsa.privateKey), { ...hour, algorithm: "RS256" });
  const options = { publicKey: pem(rsa.publicKey), audience: false, algorithms: ["PS256"] } as const;
  t.is(await description(options, token), "the algorithm is not allowed");
});

test("a token that was changed is refused", async (t) => {
  const token = jwt.sign({}, secret, hour);
  const [head = "", , signature = ""] = token.split(".");
  t.is(await description({ secret }, `${head}.${part(claims)}.${signature}`), "the signature is wrong");
});

test("whatever is sent as a token never fails and never gets anybody in", async (t) => {
  const middleware = auth(bearer({ secret }));
  const good = jwt.sign({}, secret, hour);
  const word = fc.oneof(
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString("base64url")),
  );
  const token = fc.oneof(
    word,
    fc.tuple(word, word, word).map((parts) => parts.join(".")),
    fc
      .tuple(fc.nat({ max: good.length - 1 }), fc.constantFrom("A", "-", ".", " ", "\u00e9"))
      .map(([i, character]) => good.slice(0, i) + (good[i] === character ? "_" : character) + good.slice(i + 1)),
  );
  // The last character of a signature has bits that mean nothing.
  const isSame = (text: string): boolean =>
    text.slice(0, -1) === good.slice(0, -1) &&
    Buffer.from(text.split(".")[2] ?? "", "base64url").equals(Buffer.from(good.split(".")[2] ?? "", "base64url"));
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      const value = `Bearer ${Buffer.from(text).toString("latin1")}`;
      const answer = await ask(middleware, { vars: { HTTP_AUTHORIZATION: value } });
      return isSame(text) || (answer.status === 401 && answer.errors.length === 0);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

// Sets of keys

/** An issuer that has its keys at a URL. */
async function issuer(
  t: ExecutionContext,
  keys: unknown,
): Promise<{ url: string; asked: () => number; say(body: string): void }> {
  let asked = 0;
  let body = JSON.stringify({ keys });
  const server: Server = createServer((_, res) => {
    asked++;
    res.setHeader("Content-Type", "application/json").end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/jwks`, asked: () => asked, say: (text) => (body = text) };
}

const signed = (keyid: string, key = rsa.privateKey): string =>
  jwt.sign({}, pem(key), { ...hour, algorithm: "RS256", keyid, audience: "tea" });

test("keys of a URL are asked for once, and chosen by the token's kid", async (t) => {
  const keys = await issuer(t, [jwk(otherRsa.publicKey, { kid: "two" }), jwk(rsa.publicKey, { kid: "one" })]);
  const middleware = auth(bearer({ jwks: keys.url, audience: "tea" }));
  t.is(outcomeOf(await ask(middleware, withToken(signed("one")))), "alice");
  t.is(outcomeOf(await ask(middleware, withToken(signed("two", otherRsa.privateKey)))), "alice");
  t.is(outcomeOf(await ask(middleware, withToken(signed("two")))), 401);
  t.is(outcomeOf(await ask(middleware, withToken(signed("three")))), 401);
  t.is(keys.asked(), 1);
});

test("a set of keys can be given as it is", async (t) => {
  const jwks = { keys: [jwk(rsa.publicKey, { kid: "one" }), jwk(ec.publicKey, { kid: "two" })] };
  t.is(await outcome({ jwks, audience: "tea" }, signed("one")), "alice");
  t.is(await description({ jwks, audience: "tea" }, signed("three")), "the key is not known");
  t.is(
    await outcome(
      { jwks, audience: "tea" },
      jwt.sign({ aud: "tea" }, pem(ec.privateKey), { ...hour, algorithm: "ES256" }),
    ),
    "alice",
  );
});

test("where the keys cannot be had it is a 503, and the failure is reported", async (t) => {
  const keys = await issuer(t, []);
  keys.say("no JSON");
  const answer = await ask(auth(bearer({ jwks: keys.url, audience: "tea" })), withToken(signed("one")));
  t.deepEqual([answer.status, answer.get("retry-after"), answer.get("www-authenticate")], [503, "10", undefined]);
  t.is(answer.errors.length, 1);
  t.false(answer.text().includes("JSON"));
});

test("where nobody answers for the keys it is a 503 too", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const options = { jwks: `http://127.0.0.1:${port}/`, audience: "tea" };
  t.is(await outcome(options, signed("one")), 503);
});

for (const [title, options, message] of [
  ["no key", {}, /one of secret, publicKey and jwks is needed, there are 0/],
  ["two keys", { secret, publicKey: pem(rsa.publicKey) }, /there are 2/],
  ["a short secret", { secret: "short" }, /secret has 5 bytes, at least 32 are needed/],
  [
    "a secret too short for the algorithm",
    { secret, algorithms: ["HS512"] },
    /algorithms has "HS512", with this key there are HS256/,
  ],
  ["the algorithm none", { secret, algorithms: ["none"] }, /algorithms has "none"/],
  ["an HMAC with a public key", { publicKey: pem(rsa.publicKey), audience: "x", algorithms: ["HS256"] }, /has "HS256"/],
  ["a private key as PEM", { publicKey: pem(rsa.privateKey), audience: "x" }, /publicKey is a private key/],
  ["a private key as JWK", { publicKey: jwk(ec.privateKey), audience: "x" }, /publicKey is a private key/],
  [
    "a secret in a set",
    { jwks: { keys: [{ kty: "oct", k: "AAAA" }] }, audience: "x" },
    /jwks has a private key, or a secret/,
  ],
  ["no PEM", { publicKey: "ssh-rsa AAAA", audience: "x" }, /publicKey cannot be read/],
  ["a public key without an audience", { publicKey: pem(rsa.publicKey) }, /audience is missing/],
  ["a URL without TLS", { jwks: "http://issuer.example/jwks", audience: "x" }, /no URL of https/],
  ["a URL that is none", { jwks: "jwks.json", audience: "x" }, /no URL of https/],
  ["an unknown option", { secret, issuers: "x" }, /there is no option issuers, did you mean issuer\?/],
] as const) {
  test(`${title} is refused at once, and nothing secret is shown`, (t) => {
    const error = t.throws(() => bearer(options as unknown as BearerOptions), { instanceOf: TypeError, message });
    t.false(/short(?! )|PRIVATE|thirty/.test(error.message));
  });
}

test("a short RSA key is refused at once", (t) => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  t.throws(() => bearer({ publicKey: pem(small.publicKey), audience: "x" }), { message: /1024 bits, at least 2048/ });
});

test("a key of Ed25519 is taken", async (t) => {
  // jsonwebtoken knows no EdDSA.
  const { SignJWT } = await import("jose");
  const token = await new SignJWT({ sub: "alice", exp: 32_503_680_000 })
    .setProtectedHeader({ alg: "EdDSA" })
    .sign(ed.privateKey);
  t.is(await outcome({ publicKey: pem(createPublicKey(ed.privateKey)), audience: false }, token), "alice");
});
