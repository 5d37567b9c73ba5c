/** What holds for the request of an application, whoever's object it is. */
import { inspect } from "node:util";
import test from "ava";
import { fetchHandler, type FetchFunction } from "../../../src/app/index.ts";
import type { Environ } from "../../../src/environ/index.ts";
import { collectGarbage } from "../../helpers/collect-garbage.ts";
import { gate } from "../../helpers/test-server.ts";
import { type StubRequest, stubRequest } from "./stub-request.ts";

/** What `use` makes of the request that an application gets for `stub`. */
async function using<Value>(
  stub: StubRequest,
  use: (...args: Parameters<FetchFunction>) => Value | PromiseLike<Value>,
): Promise<Value> {
  const done = gate<Value>();
  await fetchHandler(async (...args) => {
    done.open(await use(...args));
    return new Response();
  })(stub);
  return await done.promise;
}

function requestOf(vars: Partial<Environ> = {}, chunks: readonly (Uint8Array | string)[] = []): Promise<Request> {
  return using(stubRequest(vars, chunks), (request) => ({ request })).then(({ request }) => request);
}

/** Bytes that lie among others. */
function amid(text: string): Uint8Array {
  return Buffer.from(`--${text}--`).subarray(2, -2);
}

export function declareRequestRules(): void {
  test("the request is a Request", async (t) => {
    const request = await requestOf();
    t.true(request instanceof Request);
    t.is(Object.prototype.toString.call(request), "[object Request]");
    t.true(request.headers instanceof Headers);
    t.true(request.signal instanceof AbortSignal);
  });

  for (const [given, seen] of [
    ["GET", "GET"],
    ["PATCH", "PATCH"],
    ["get", "GET"],
    ["Put", "PUT"],
    ["patch", "patch"],
    ["PROPFIND", "PROPFIND"],
  ] as const) {
    test(`method ${given} is ${seen} to the application`, async (t) => {
      t.is((await requestOf({ REQUEST_METHOD: given })).method, seen);
    });
  }

  for (const method of ["CONNECT", "TRACE", "track"]) {
    test(`${method} is answered with a 501, no Request can have it`, async (t) => {
      const { status } = await fetchHandler(() => t.fail())(stubRequest({ REQUEST_METHOD: method }));
      t.is(status, 501);
    });
  }

  for (const host of ["a b", "user@example.org", "example.org:99999", "exa/mple", "[::1", "a?b", "<script>"]) {
    test(`Host ${JSON.stringify(host)} is answered with a 400`, async (t) => {
      const { status } = await fetchHandler(() => t.fail())(stubRequest({ HTTP_HOST: host }));
      t.is(status, 400);
    });
  }

  test("the URL has scheme, host, path and query of the front end", async (t) => {
    const { url } = await requestOf({ HTTPS: "on", REQUEST_URI: "/a%20b?c=d", PATH_INFO: "/a b", QUERY_STRING: "c=d" });
    t.is(url, "https://example.org/a%20b?c=d");
  });

  test("forwarded headers of the client change neither URL nor address", async (t) => {
    const forged = { HTTP_X_FORWARDED_HOST: "evil", HTTP_X_FORWARDED_PROTO: "https", HTTP_X_FORWARDED_FOR: "6.6.6.6" };
    const stub = stubRequest({ ...forged, HTTP_FORWARDED: "for=6.6.6.6;host=evil", REMOTE_ADDR: "192.0.2.1" });
    const seen = await using(stub, (request, env) => [request.url, env.remote.address, request.ip]);
    t.deepEqual(seen, ["http://example.org/", "192.0.2.1", "192.0.2.1"]);
  });

  test("headers are read in any case, absent ones are null", async (t) => {
    const { headers } = await requestOf({ HTTP_X_COLOUR: "blue", CONTENT_TYPE: "text/css", CONTENT_LENGTH: "" });
    t.is(headers.get("X-Colour"), "blue");
    t.is(headers.get("content-TYPE"), "text/css");
    t.is(headers.get("x-other"), null);
    t.is(headers.get("content-length"), null);
    t.true(headers.has("x-colour"));
    t.false(headers.has("content-length"));
  });

  test("a name with an underscore is not the header that shares its var", async (t) => {
    const { headers } = await requestOf({ HTTP_X_COLOUR: "blue" });
    t.is(headers.get("x_colour"), null);
  });

  test("vars that are no headers cannot be read as some", async (t) => {
    const { headers } = await requestOf({ REMOTE_USER: "me" });
    t.is(headers.get("remote-user"), null);
    t.is(headers.get("__proto__"), null);
    t.is(headers.get("constructor"), null);
  });

  test("asking for what is no name throws a TypeError", async (t) => {
    const { headers } = await requestOf();
    t.throws(() => headers.get("a b"), { instanceOf: TypeError });
    t.throws(() => headers.has(""), { instanceOf: TypeError });
  });

  test("headers iterate in the order of their names", async (t) => {
    const { headers } = await requestOf({ HTTP_X_B: "2", HTTP_X_A: "1" });
    t.deepEqual(
      [...headers],
      [
        ["host", "example.org"],
        ["x-a", "1"],
        ["x-b", "2"],
      ],
    );
    t.deepEqual([...headers.keys()], ["host", "x-a", "x-b"]);
  });

  test("headers can be changed", async (t) => {
    const { headers } = await requestOf({ HTTP_X_A: "1" });
    headers.set("x-a", "2");
    headers.delete("host");
    t.is(headers.get("x-a"), "2");
    t.deepEqual([...headers], [["x-a", "2"]]);
  });

  test("Headers can be made of the headers", async (t) => {
    const { headers } = await requestOf({ HTTP_X_A: "1" });
    t.is(new Headers(headers).get("x-a"), "1");
  });

  test("header values are the bytes of the wire, as latin-1", async (t) => {
    const { headers } = await requestOf({ HTTP_X_A: "caf\u00e9" });
    t.is(headers.get("x-a"), "caf\u00e9");
    t.is([...headers][1]?.[1], "caf\u00e9");
  });

  test("line ends in a header value are blanks to the application", async (t) => {
    const { headers } = await requestOf({ HTTP_X_A: "a\r\nb", "HTTP_X B": "none" });
    t.is(headers.get("x-a"), "a  b");
    t.is([...headers].length, 2);
  });

  for (const chunks of [["{", '"a":1}'], ['{"a":1}'], [amid('{"a":1}')]]) {
    const how = `in ${chunks.length} ${typeof chunks[0] === "string" ? "chunks" : "chunk amid other bytes"}`;
    test(`a body ${how} is read as text, JSON and bytes`, async (t) => {
      const read = <Value>(use: (request: Request) => PromiseLike<Value>): Promise<Value> =>
        using(stubRequest({}, chunks), use);
      t.is(await read((request) => request.text()), '{"a":1}');
      t.deepEqual(await read((request) => request.json()), { a: 1 });
      t.is(Buffer.from(await read((request) => request.arrayBuffer())).toString(), '{"a":1}');
      t.is(await read(async (request) => await (await request.blob()).text()), '{"a":1}');
    });
  }

  test("text has no byte order mark, faulty bytes are U+FFFD", async (t) => {
    t.is(await (await requestOf({}, [Buffer.from("\ufeffa")])).text(), "a");
    t.is(await (await requestOf({}, [Buffer.of(0x61, 0xff)])).text(), "a\ufffd");
  });

  test("what is no JSON rejects with a SyntaxError", async (t) => {
    await t.throwsAsync((await requestOf({}, ["{"])).json(), { instanceOf: SyntaxError });
  });

  test("form fields are read", async (t) => {
    const request = await requestOf({ CONTENT_TYPE: "application/x-www-form-urlencoded" }, ["a=1&b=", "2"]);
    const form = await request.formData();
    t.is(form.get("b"), "2");
  });

  test("a blob has the type of the request", async (t) => {
    const request = await requestOf({ CONTENT_TYPE: "text/css" }, ["a"]);
    t.is((await request.blob()).type, "text/css");
  });

  test("a body is read once", async (t) => {
    const request = await requestOf({}, ["a"]);
    t.false(request.bodyUsed);
    await request.text();
    t.true(request.bodyUsed);
    await t.throwsAsync(request.text(), { instanceOf: TypeError });
    await t.throwsAsync(request.json(), { instanceOf: TypeError });
    t.throws(() => request.clone(), { instanceOf: TypeError });
    t.throws(() => new Request(request), { instanceOf: TypeError });
  });

  test("a request without a body has none", async (t) => {
    for (const method of ["GET", "HEAD", "POST"]) {
      const request = await requestOf({ REQUEST_METHOD: method });
      t.is(request.body, null);
      t.is(await request.text(), "");
      t.false(request.bodyUsed);
    }
  });

  test("the body of a GET is not there", async (t) => {
    const request = await requestOf({ REQUEST_METHOD: "GET" }, ["a"]);
    t.is(request.body, null);
    t.is(await request.text(), "");
  });

  test("the body streams in the chunks that come, and is not read ahead", async (t) => {
    const stub = stubRequest({}, ["a", "b", "c"]);
    const reader = (await using(stub, (request) => [request] as const))[0].body?.getReader();
    t.is(stub.reads, 0);
    t.is(Buffer.from((await reader?.read())?.value ?? []).toString(), "a");
    t.is(stub.reads, 1);
    t.is(Buffer.from((await reader?.read())?.value ?? []).toString(), "b");
    t.is(Buffer.from((await reader?.read())?.value ?? []).toString(), "c");
    t.true((await reader?.read())?.done);
    t.is(stub.reads, 3);
  });

  test("clone, and both are read", async (t) => {
    const request = await requestOf({ HTTP_X_A: "1" }, ["a", "b"]);
    const clone = request.clone();
    t.true(clone instanceof Request);
    t.is(clone.headers.get("x-a"), "1");
    t.is(await clone.text(), "ab");
    t.is(await request.text(), "ab");
  });

  test("a Request is made of the request", async (t) => {
    const request = await requestOf({ HTTP_X_A: "1", REQUEST_URI: "/x", PATH_INFO: "/x" }, ["a", "b"]);
    const copy = new Request(request);
    t.is(copy.url, "http://example.org/x");
    t.is(copy.method, "POST");
    t.is(copy.headers.get("x-a"), "1");
    t.is(await copy.text(), "ab");
    t.true(request.bodyUsed);
  });

  test("a Request is made of the request and of what shall be different", async (t) => {
    const request = await requestOf({ HTTP_X_A: "1" }, ["a"]);
    const copy = new Request(request, { method: "PUT", headers: { "x-b": "2" } });
    t.is(copy.method, "PUT");
    t.deepEqual([...copy.headers], [["x-b", "2"]]);
    t.is(await copy.text(), "a");
  });

  test("a Request is made with the request as its init", async (t) => {
    const request = await requestOf({ HTTP_X_A: "1" }, ["a"]);
    const copy = new Request("http://other.example/", request);
    t.is(copy.url, "http://other.example/");
    t.is(copy.method, "POST");
    t.is(copy.headers.get("x-a"), "1");
    t.is(await copy.text(), "a");
  });

  test("a header that was changed is in the requests that are made of it", async (t) => {
    const request = await requestOf({ HTTP_X_A: "1" });
    request.headers.set("x-a", "2");
    t.is(new Request(request).headers.get("x-a"), "2");
    request.headers.set("x-a", "3");
    t.is(request.clone().headers.get("x-a"), "3");
  });

  test("a class that extends Request can be made of the request", async (t) => {
    class Own extends Request {
      readonly colour = "blue";
    }
    const own = new Own(await requestOf({}, ["a"]));
    t.true(own instanceof Own);
    t.true(own instanceof Request);
    t.is(own.colour, "blue");
    t.is(await own.text(), "a");
  });

  test("what a Request has besides is that of the platform", async (t) => {
    const request = await requestOf();
    const plain = new Request("http://example.org/");
    for (const name of ["cache", "credentials", "mode", "redirect", "referrer", "integrity", "keepalive"] as const) {
      t.is(request[name], plain[name], name);
    }
  });

  test("the request can be printed", async (t) => {
    const request = await requestOf({ HTTP_X_A: "1" });
    t.true(inspect(request).includes("http://example.org/"));
    t.true(inspect(request.headers).includes("x-a"));
  });

  test("fetch sends the request on, with its headers and its body", async (t) => {
    const { createServer } = await import("node:http");
    const upstream = createServer((req, res) => {
      res.setHeader("x-seen", `${req.method} ${req.url} ${String(req.headers["x-a"])}`);
      req.pipe(res);
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const { port } = upstream.address() as { port: number };
    const vars = { HTTP_HOST: `127.0.0.1:${port}`, REQUEST_URI: "/up?a", PATH_INFO: "/up", QUERY_STRING: "a" };
    const answer = await fetch(await requestOf({ ...vars, HTTP_X_A: "1" }, ["some ", "body"]));
    t.is(answer.headers.get("x-seen"), "POST /up?a 1");
    t.is(await answer.text(), "some body");
    upstream.closeAllConnections();
    upstream.close();
  });

  test("the signal is that of the connection", async (t) => {
    const stub = stubRequest();
    const signal = await using(stub, (request) => ({ signal: request.signal })).then((seen) => seen.signal);
    t.false(signal.aborted);
    stub.aborter.abort(new Error("gone"));
    t.true(signal.aborted);
  });

  test("the signal fires for who keeps nothing but it, though the request could be collected", async (t) => {
    const stub = stubRequest();
    const signal = await using(stub, (request) => ({ signal: request.signal })).then((seen) => seen.signal);
    await collectGarbage();
    stub.aborter.abort(new Error("gone"));
    t.true(signal.aborted);
  });

  test("work of the context, and of the request, goes on behind the answer", async (t) => {
    const stub = stubRequest();
    const work = [Promise.resolve(1), Promise.resolve(2)] as const;
    await using(stub, (request, _env, context) => {
      context.waitUntil(work[0]);
      request.waitUntil(work[1]);
      context.passThroughOnException();
    });
    t.deepEqual(stub.work, work);
  });

  test("env has the vars, the id and the log of the request", async (t) => {
    const stub = stubRequest({ REMOTE_USER: "me" });
    const id = await using(stub, (_request, env) => {
      env.log("seen");
      t.is(env.environ.REMOTE_USER, "me");
      return env.id;
    });
    t.is(id, "stub");
    t.deepEqual(stub.logged, ["seen"]);
  });
}
