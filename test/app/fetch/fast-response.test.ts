/** The `Response` that costs next to nothing, held against the platform's. */
import { inspect } from "node:util";
import test from "ava";
import fc from "fast-check";
import { fetchHandler, installFastGlobals } from "../../../src/app/index.ts";
import type { AppResponse } from "../../../src/handler/index.ts";
import { stubRequest } from "./stub-request.ts";

const Platform = Response;
const restore = installFastGlobals();
const Fast = Response;
type Init = ConstructorParameters<typeof Response>;

/** What is sent, in a form in which two answers can be compared. */
async function sent(response: Response | PromiseLike<Response>): Promise<unknown> {
  const answer = await fetchHandler(() => response)(stubRequest());
  const headers = answer.headers.map(([name, value]) => `${name}: ${value}`).sort();
  return { status: answer.status, reason: answer.reason, headers, body: await bytesOf(answer.body) };
}

async function bytesOf(body: AppResponse["body"]): Promise<string> {
  if (body === null) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return Buffer.from(body as string).toString("hex");
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as string));
  return Buffer.concat(chunks).toString("hex");
}

/** What `make` makes, or the kind of error that it throws. */
async function outcome(make: () => Response): Promise<unknown> {
  let response: Response;
  try {
    response = make();
  } catch (error) {
    return { throws: (error as Error).constructor.name };
  }
  return await sent(response);
}

const name = fc.oneof(
  fc.constantFrom(
    "Content-Type",
    "content-type",
    "X-A",
    "x-a",
    "Set-Cookie",
    "set-cookie",
    "Cache-Control",
    "a b",
    "",
    "x_y",
  ),
  fc.string({ maxLength: 4 }),
);
const value = fc.oneof(
  fc.constantFrom("a", "", " a ", "a\tb", "text/html", "\u00e9", "\u0100", "a\r\nb", "a\n", "\u0001"),
  fc.string({ maxLength: 6 }),
  fc.integer(),
  fc.constant(null),
);
const pairs = fc.array(fc.tuple(name, value), { maxLength: 4 });
const headers = fc.oneof(
  fc.constant(undefined),
  pairs,
  pairs.map((list) => Object.fromEntries(list)),
  fc
    .array(fc.tuple(fc.constantFrom("x-a", "set-cookie", "vary"), fc.constantFrom("a", "b")), { maxLength: 4 })
    .map((list) => new Headers(list as [string, string][])),
  fc.constantFrom(null, 5, "text", [["a"]], [["a", "b", "c"]]),
);
const bytes = fc.uint8Array({ maxLength: 8 });
/** Made anew for each of the two, for a body can be read once. */
const body = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, "", 5, true, "\ud800", "caf\u00e9").map((given) => () => given),
  fc.string({ maxLength: 8 }).map((text) => () => text),
  bytes.map((given) => () => given),
  bytes.map((given) => () => given.slice().buffer),
  bytes.map((given) => () => new DataView(given.slice().buffer)),
  fc.constant(() => new URLSearchParams({ a: "1", b: "\u00e9 &" })),
  fc.constant(() => new Blob(["a", "b"])),
  fc.constant(() => new Blob(["a", "b"], { type: "text/css" })),
  bytes.map((given) => () => new Blob([given]).stream()),
  fc.constant(() => ({ toString: () => "an object" })),
);
const status = fc.oneof(
  fc.constantFrom<unknown>(undefined, 200, 204, 205, 304, 199, 600, 101, "404", "x", null, 200.5),
  fc.integer({ min: 190, max: 610 }),
);
const statusText = fc.oneof(
  fc.constantFrom<unknown>(undefined, "", "Fine", "Caf\u00e9", "\u0100", "a\r\nb", 5),
  fc.string({ maxLength: 4 }),
);
const init = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, {}, 5),
  fc.record({ status, statusText, headers }, { requiredKeys: [] }),
);

test("what is sent of a Response is what is sent of the platform's", async (t) => {
  await fc.assert(
    fc.asyncProperty(body, init, async (makeBody, given) => {
      const ours = await outcome(() => new Fast(...([makeBody(), given] as Init)));
      const theirs = await outcome(() => new Platform(...([makeBody(), given] as Init)));
      t.deepEqual(withoutLength(ours), withoutLength(theirs));
    }),
    { numRuns: 1_000 },
  );
});

test("it is so too when headers were changed behind its making", async (t) => {
  const change = fc.record({
    how: fc.constantFrom("set", "append", "delete"),
    at: fc.constantFrom("x-a", "Content-Type", "Set-Cookie"),
  });
  await fc.assert(
    fc.asyncProperty(body, headers, fc.array(change, { maxLength: 4 }), async (makeBody, given, changes) => {
      const make = (Class: typeof Response): Response => {
        const response = new Class(...([makeBody(), { headers: given }] as Init));
        for (const { how, at } of changes) response.headers[how as "set"](at, "v");
        return response;
      };
      t.deepEqual(withoutLength(await outcome(() => make(Fast))), withoutLength(await outcome(() => make(Platform))));
    }),
    { numRuns: 300 },
  );
});

test("what is read of a Response is what is read of the platform's", async (t) => {
  await fc.assert(
    fc.asyncProperty(body, init, async (makeBody, given) => {
      const read = async (Class: typeof Response): Promise<unknown> => {
        let response: Response;
        try {
          response = new Class(...([makeBody(), given] as Init));
        } catch (error) {
          return (error as Error).constructor.name;
        }
        const { status: code, statusText: text, ok, type, url, redirected, bodyUsed, body: stream } = response;
        const clone = response.clone();
        const blob = await response.blob();
        const seen = [await blob.text(), blob.type, await clone.text(), [...clone.headers], response.bodyUsed];
        return [code, text, ok, type, url, redirected, bodyUsed, stream === null, [...response.headers], seen];
      };
      t.deepEqual(await read(Fast), await read(Platform));
    }),
    { numRuns: 300 },
  );
});

/** A Content-Length for bodies whose length is known is more than the platform tells. */
function withoutLength(result: unknown): unknown {
  const { headers: given } = result as { readonly headers?: readonly string[] };
  if (given === undefined) return result;
  return { ...(result as object), headers: given.filter((line) => !line.startsWith("content-length")) };
}

test("a Response is one for instanceof, whoever made it", (t) => {
  t.true(new Fast() instanceof Fast);
  t.true(new Fast() instanceof Platform);
  t.true(new Platform() instanceof Fast);
  t.false({} instanceof Fast);
  t.false((null as unknown) instanceof Fast);
});

test("a class that extends Response is one of its own", async (t) => {
  class Own extends Fast {
    readonly colour = "blue";
  }
  const own = new Own("a", { status: 201 });
  t.true(own instanceof Own);
  t.true(own instanceof Fast);
  t.true(own instanceof Platform);
  t.false(new Fast() instanceof Own);
  t.is(own.colour, "blue");
  t.like(await sent(own), { status: 201, body: "61" });
});

for (const [what, make] of [
  ["json", (Class: typeof Response) => Class.json({ a: 1 })],
  ["json with a status", (Class: typeof Response) => Class.json([1], { status: 201 })],
  ["json with headers", (Class: typeof Response) => Class.json(null, { headers: { "X-A": "1" } })],
  [
    "json with a type",
    (Class: typeof Response) => Class.json("a", { headers: { "Content-Type": "application/ld+json" } }),
  ],
  ["json of nothing", (Class: typeof Response) => Class.json(undefined)],
  ["json with a null body status", (Class: typeof Response) => Class.json(1, { status: 204 })],
  ["redirect", (Class: typeof Response) => Class.redirect("http://example.org/a b")],
  ["redirect with a status", (Class: typeof Response) => Class.redirect("http://example.org/", 308)],
  ["redirect to nowhere", (Class: typeof Response) => Class.redirect("http://")],
  ["redirect with a status that is none", (Class: typeof Response) => Class.redirect("http://example.org/", 200)],
] as const) {
  test(`Response.${what} is that of the platform`, async (t) => {
    t.deepEqual(await outcome(() => make(Fast)), await outcome(() => make(Platform)));
  });
}

test("a list of headers that is changed later changes no Response", async (t) => {
  const given: Record<string, string> = { "x-a": "1" };
  const response = new Fast("a", { headers: given });
  given["x-a"] = "2";
  t.is(response.headers.get("x-a"), "1");
});

test("headers are the same object each time", (t) => {
  const response = new Fast("a");
  const { headers: first } = response;
  t.truthy(response.body);
  t.is(response.headers, first);
});

test("headers that were taken before the body was touched are those that are sent", async (t) => {
  const response = new Fast("a", { headers: { "x-a": "1" } });
  const { headers: taken } = response;
  t.truthy(response.body);
  taken.set("x-a", "2");
  t.like(await sent(response), { headers: ["content-type: text/plain;charset=UTF-8", "x-a: 2"], body: "61" });
});

test("a body that was only looked at is still sent as a whole", async (t) => {
  const response = new Fast("a");
  t.truthy(response.body);
  const { body: whole } = await fetchHandler(() => response)(stubRequest());
  t.is(whole, "a");
});

test("text and bytes are answered without a promise", (t) => {
  const bytesGiven = new Uint8Array(3);
  t.like(fetchHandler(() => new Fast("a"))(stubRequest()), { status: 200, body: "a" });
  t.is((fetchHandler(() => new Fast(bytesGiven))(stubRequest()) as AppResponse).body, bytesGiven);
});

test("a blob is sent with its length", async (t) => {
  const { headers: given } = await fetchHandler(() => new Fast(new Blob(["abc"])))(stubRequest());
  t.deepEqual(given, [["content-length", "3"]]);
});

test("a Response can be printed", (t) => {
  t.true(inspect(new Fast("a", { status: 201 })).includes("201"));
});

test.serial("the globals are replaced once, and put back", (t) => {
  t.is(installFastGlobals(), restore);
  t.is(globalThis.Response, Fast);
  restore();
  t.is(globalThis.Response, Platform);
  t.like(fetchHandler(() => new Fast("a"))(stubRequest()), { status: 200, body: "a" });
  installFastGlobals();
  t.is(globalThis.Response, Fast);
});

test.serial("a fetch that somebody else has put in place is asked, and left there", async (t) => {
  restore();
  const plain = globalThis.fetch;
  const stub: typeof fetch = () => Promise.resolve(new Platform("stub"));
  globalThis.fetch = stub;
  installFastGlobals();
  t.is(await (await fetch("http://example.org/")).text(), "stub");
  const other: typeof fetch = () => Promise.resolve(new Platform("other"));
  globalThis.fetch = other;
  restore();
  t.is(globalThis.fetch, other);
  globalThis.fetch = plain;
  installFastGlobals();
});
