import test from "ava";
import { type AppRequest, type AppResponse, type Handler, surround, titled } from "../../../src/handler/index.ts";
import { type HandlerFault, lintHandler, lintLayers } from "../../../src/middleware/inspect/index.ts";
import { inject, type InjectRequest } from "../../../src/testing/index.ts";
import { Inspected, ok } from "./helpers.ts";

/** Asks a handler under `lintHandler`, and answers the faults that were told. */
async function faultsOf(handler: Handler, request: InjectRequest = {}): Promise<string[]> {
  const faults: HandlerFault[] = [];
  const linted = lintHandler(handler, { report: (fault) => faults.push(fault) });
  await inject(linted, { ...request, interface: "handler" });
  await nextTurn();
  return faults.map(({ rule, layer, message }) => `${layer} ${rule}: ${message}`);
}

/** What was not closed is looked for in the next turn of the loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

const answering =
  (response: unknown): Handler =>
  () =>
    response as AppResponse;

async function* chunks(...all: unknown[]): AsyncGenerator<string, void> {
  for (const chunk of all) yield chunk as string;
}

for (const [what, response, fault] of [
  ["no response", undefined, "response: the response is undefined, an object with status, headers and body is needed"],
  ["a status that is none", { ...ok(), status: 99 }, "status: the status is 99, allowed are 200 to 599"],
  ["a status that is text", { ...ok(), status: "200" }, "status: the status is a string, allowed are 200 to 599"],
  ["a reason that is none", { ...ok(), reason: 1 }, "reason: the reason is a number, text is needed"],
  [
    "a reason with a line feed",
    { ...ok(), reason: "a\nb" },
    "reason: the reason has a character that a status line cannot carry",
  ],
  [
    "headers that are no list",
    { ...ok(), headers: {} },
    "headers: the headers are an object, a list of pairs is needed",
  ],
  [
    "a header that is no pair",
    ok("", [["X"] as never]),
    "headers: a header is a list, a pair of name and value is needed",
  ],
  ["a header name that is no token", ok("", [["X Y", ""]]), 'headers: the header name "X Y" is no token'],
  [
    "a header value that is no text",
    ok("", [["X", 1 as never]]),
    "headers: the value of X is a number, text is needed",
  ],
  [
    "a header value with a line feed",
    ok("", [["X", "planted\n"]]),
    "headers: the value of X has a character that no header can carry, or blanks at its edges",
  ],
  ["a header of the connection", ok("", [["Connection", "close"]]), "headers: the header Connection is the server's"],
  ["a header Status", ok("", [["Status", "200"]]), "headers: the header Status is the server's"],
  [
    "two lengths",
    ok("ab", [
      ["Content-Length", "2"],
      ["content-length", "2"],
    ]),
    "content-length: Content-Length comes twice, only one can be true",
  ],
  [
    "a length that is none",
    ok("ab", [["Content-Length", "+2"]]),
    "content-length: Content-Length is no number, allowed are 1 to 15 digits",
  ],
  [
    "a body that is none",
    ok(1 as never),
    "body: the body is a number, allowed are chunks, what iterates them, and null",
  ],
  [
    "a body that is missing",
    { ...ok(), body: undefined },
    "body: the body is undefined, allowed are chunks, what iterates them, and null",
  ],
  ["a chunk that is none", ok(chunks("a", 1)), "chunk: a chunk is a number, allowed are Uint8Array and text"],
  [
    "a chunk in a list that is none",
    ok(["a", null as never]),
    "chunk: a chunk is null, allowed are Uint8Array and text",
  ],
  ["less than its length", ok("a", [["Content-Length", "2"]]), "length: the body has 1 bytes, its Content-Length is 2"],
  [
    "less than its length, in a stream",
    ok(chunks("a"), [["Content-Length", "2"]]),
    "length: the body has 1 bytes, its Content-Length is 2",
  ],
  ["more than its length", ok("é", [["Content-Length", "1"]]), "length: the body is longer than its Content-Length, 1"],
  [
    "more than its length, in a stream",
    ok(chunks("a", "b", "c"), [["Content-Length", "1"]]),
    "length: the body is longer than its Content-Length, 1",
  ],
  ["a body with a 204", { ...ok("a"), status: 204 }, "bodiless: an answer with status 204 has a body"],
  ["a body with a 304", { ...ok("a"), status: 304 }, "bodiless: an answer with status 304 has a body"],
] as const) {
  test(`an application that answers ${what} is told of it`, async (t) => {
    t.deepEqual(await faultsOf(answering(response)), [`application ${fault}`]);
  });
}

for (const [what, response, request] of [
  ["text", ok("é", [["Content-Length", "2"]]), {}],
  ["nothing", ok(null, [["Content-Length", "0"]]), {}],
  ["a list", ok(["a", new Uint8Array(2)], [["Content-Length", "3"]]), {}],
  ["a stream", ok(chunks("a", "", "b"), [["Content-Length", "2"]]), {}],
  ["an iterable", ok(new Set(["a"])), {}],
  ["a length and no body to a HEAD", ok(null, [["Content-Length", "2"]]), { method: "HEAD" }],
  ["a stream to a HEAD", ok(chunks("a")), { method: "HEAD" }],
  ["a length with a 304", { ...ok(null, [["Content-Length", "2"]]), status: 304 }, {}],
] as const) {
  test(`an application that answers ${what} breaks no rule`, async (t) => {
    t.deepEqual(await faultsOf(answering(response), request), []);
  });
}

test("a failure goes on, before the head and behind it", async (t) => {
  const failing: Handler = () => {
    throw new Error("planted");
  };
  t.deepEqual(await faultsOf(failing), []);
  t.deepEqual(await faultsOf(async (request) => failing(request)), []);
  const linted = lintHandler(
    () =>
      ok(
        (async function* () {
          yield "a";
          throw new Error("planted");
        })(),
      ),
    { report: (fault) => t.fail(fault.message) },
  );
  const { isComplete, errors } = await inject(linted, { interface: "handler" });
  t.deepEqual([isComplete, String(errors[0])], [false, "Error: planted"]);
});

const streaming: Handler = () => ok({ [Symbol.asyncIterator]: () => chunks("a", "b"), close: () => {} });

/** A layer that does something with a response, which it takes for the application's. */
const using = (use: (response: AppResponse, request: AppRequest) => AppResponse | Promise<AppResponse>) =>
  titled("layer", (next) => async (request) => use(await next(request), request));

async function layerFaults(use: Parameters<typeof using>[0], request: InjectRequest = {}): Promise<string[]> {
  const faults: HandlerFault[] = [];
  const lint = lintLayers({ report: (fault) => faults.push(fault) });
  const passing = titled("outer", (next) => (given) => next(given));
  const handler = surround(streaming, [lint, passing, using(use)]) as Handler;
  await inject(handler, { ...request, interface: "handler" });
  await nextTurn();
  return faults.map(({ rule, layer, message }) => `${layer} ${rule}: ${message}`);
}

interface Used {
  close(): Promise<void>;
  [Symbol.asyncIterator](): AsyncIterator<string>;
}

for (const [what, use, fault] of [
  [
    "iterates a body twice",
    (body) => [body[Symbol.asyncIterator](), body[Symbol.asyncIterator]()],
    "iteration: the body was iterated a second time",
  ],
  [
    "asks for two chunks at once",
    (body) => {
      const iterator = body[Symbol.asyncIterator]();
      return Promise.all([iterator.next(), iterator.next()]);
    },
    "iteration: a chunk was asked for before the last one had come",
  ],
  ["closes a body twice", (body) => body.close(), "close: the body was closed a second time"],
  [
    "asks for a chunk behind the close",
    async (body) => {
      const iterator = body[Symbol.asyncIterator]();
      await body.close();
      await iterator.next();
    },
    "close: a chunk was asked for behind the close of the body",
  ],
  [
    "iterates a body behind the close",
    async (body) => {
      await body.close();
      body[Symbol.asyncIterator]();
    },
    "close: the body was iterated behind its close",
  ],
] as readonly [string, (body: Used) => unknown, string][]) {
  test(`a layer that ${what} is told of it, and no other`, async (t) => {
    const faults = await layerFaults(async (response) => {
      const body = response.body as unknown as Used;
      await use(body);
      await body.close();
      return ok("instead");
    });
    t.is(faults[0], `layer ${fault}`);
    t.true(faults.every((one) => one.startsWith("layer ")));
  });
}

for (const [how, use] of [
  ["text instead", () => ok("instead")],
  ["a stream instead", () => ok(chunks("instead"))],
  [
    "by a failure",
    () => {
      throw new Error("planted");
    },
  ],
] as const) {
  test(`a layer that answers ${how}, and leaves a body open, is told of it`, async (t) => {
    t.deepEqual(await layerFaults(use), ["layer close: a body was not sent, and not closed"]);
  });
}

test("a layer that passes a body on is not to blame where one above leaves it open", async (t) => {
  const faults: string[] = [];
  const lint = lintLayers({ report: ({ layer, rule }) => faults.push(`${layer} ${rule}`) });
  const passing = titled("passing", (next) => (given) => next(given));
  await inject(surround(streaming, [lint, using(() => ok("instead")), passing]), { interface: "handler" });
  await nextTurn();
  t.deepEqual(faults, ["layer close"]);
});

test("one lint can be around several applications, and blames whoever is above it", async (t) => {
  const faults: string[] = [];
  const lint = lintLayers({ report: ({ layer, rule }) => faults.push(`${layer} ${rule}`) });
  for (const handler of [lint(streaming), lint(streaming)]) {
    const careless: Handler = async (request) => {
      const body = (await handler(request)).body as unknown as Used;
      await body.close();
      await body.close();
      return ok("instead");
    };
    await inject(careless, { interface: "handler" });
  }
  t.deepEqual(faults, ["server close", "server close"]);
});

test("a layer that closes what it does not send breaks no rule, also behind its answer", async (t) => {
  const faults = await layerFaults((response, request) => {
    request.waitUntil((response.body as unknown as Used).close());
    return ok("instead");
  });
  t.deepEqual(faults, []);
});

test("a layer that reads a body for HEAD is told of it", async (t) => {
  const faults = await layerFaults(
    (response) => {
      (response.body as unknown as Used)[Symbol.asyncIterator]();
      return response;
    },
    { method: "HEAD" },
  );
  t.deepEqual(faults, ["layer iteration: the body of an answer to HEAD was iterated"]);
});

test("a layer that puts what is no var into the environ is told of it, once", async (t) => {
  const faults: string[] = [];
  const lint = lintLayers({ report: ({ layer, message }) => faults.push(`${layer}: ${message}`) });
  const auth = titled("auth", (next) => (request) => {
    request.environ.REMOTE_USER = "Ḁnna";
    request.environ["ROLE"] = 7;
    request.environ["auth.claims"] = {};
    return next(request);
  });
  const outer = titled("outer", (next) => (request) => next(request));
  await inject(
    surround(() => ok(), [lint, outer, auth, outer]),
    { interface: "handler" },
  );
  t.deepEqual(faults, [
    "auth: REMOTE_USER has a character above U+00FF: bytes are needed",
    "auth: ROLE is a number, text is needed",
  ]);
});

test("what one layer has done wrong is not told of those who pass it on", async (t) => {
  const faults: string[] = [];
  const lint = lintLayers({ report: ({ layer, rule }) => faults.push(`${layer} ${rule}`) });
  const passing = titled("passing", (next) => (request) => next(request));
  const wrong = titled("wrong", (next) => async (request) => ({ ...(await next(request)), headers: [["a b", "c"]] }));
  await inject(
    surround(() => ok(), [lint, passing, wrong, passing]),
    { interface: "handler" },
  );
  t.deepEqual(faults, ["wrong headers"]);
});

test("behind an upgrade nothing is looked at", async (t) => {
  const faults: string[] = [];
  const linted = lintHandler(() => ({ status: 101, headers: [], body: null }), {
    report: ({ message }) => faults.push(message),
  });
  const upgraded = (request: AppRequest): ReturnType<Handler> => {
    const given: AppRequest = Object.create(request, { isUpgraded: { value: true } });
    return linted(given);
  };
  await inject(upgraded, { interface: "handler" });
  t.deepEqual(faults, []);
});

test("faults are in the log, in the record and on the page, with the layer that broke the rule", async (t) => {
  const wrong = titled("wrong", (next) => async (request) => ({
    ...(await next(request)),
    headers: [["Connection", "x"]],
  }));
  const inspected = new Inspected(() => ok(), undefined, [wrong]);
  const { logs } = await inspected.ask("/");
  const message = "the header Connection is the server's";
  t.deepEqual(logs, [`lint: wrong broke the rule headers: ${message}`]);
  t.deepEqual((await inspected.detail(1)).faults, [{ rule: "headers", layer: "wrong", message }]);
  t.regex(await inspected.text("/__inspect/1"), /<strong>wrong<\/strong> broke the rule <em>headers<\/em>/);
});

for (const [when, options, isLinted] of [
  ["in development", { development: true }, true],
  ["in production", {}, false],
  ["where it is on", { lint: true, slowMs: 0 }, true],
  ["where it is off", { development: true, lint: false }, false],
] as const) {
  test(`layers are ${isLinted ? "" : "not "}checked ${when}`, async (t) => {
    const inspected = new Inspected(() => ok("", [["Connection", "x"]]), options);
    t.is((await inspected.ask("/")).logs.length, isLinted ? 1 : 0);
  });
}
