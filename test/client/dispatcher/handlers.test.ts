/** What a dispatcher says to a handler, by each of undici's two interfaces. */
import test from "ava";
import { UwsgiDispatcher } from "../../../src/client/dispatcher/index.ts";
import type {
  CallbackHandler,
  ControlledHandler,
  DispatchController,
  DispatchHandler,
} from "../../../src/client/dispatcher/index.ts";
import type { Response, Sender } from "../../../src/client/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { gate, respond } from "../../helpers/test-server.ts";
import { dispatched } from "../../helpers/undicis.ts";

const get = { origin: "http://app.test", path: "/", method: "GET" } as const;

/** A handler of either interface that writes down its calls, and the controller or what stands in for it. */
interface Notes {
  readonly calls: unknown[][];
  readonly handler: DispatchHandler;
  readonly over: Promise<void>;
  abort(reason?: Error): void;
  resume(): void;
}

/** `answers`: what a call does, by its name; `false` pauses, whichever the interface. */
function controlledNotes(answers: Record<string, (...args: unknown[]) => unknown> = {}): Notes {
  const over = gate();
  const calls: unknown[][] = [];
  let held: DispatchController | undefined;
  const note = (name: string, controller: DispatchController | undefined, ...args: unknown[]): void => {
    calls.push([name, ...args]);
    if (/End|Error|Upgrade/.test(name)) over.open();
    if (answers[name]?.(...args) === false) controller?.pause();
  };
  const handler: ControlledHandler = {
    onRequestStart: (controller, context) => {
      held = controller;
      note("start", controller, context);
    },
    onResponseStarted: () => note("started", held),
    onRequestSent: () => note("sent", held),
    onBodySent: (...args: never) => note("body sent", held, ...(args as unknown[])),
    onResponseStart: (controller, status, headers, reason) =>
      note("head", controller, status, controller.rawHeaders, headers, reason),
    onResponseData: (controller, chunk) => note("data", controller, chunk.toString()),
    onResponseEnd: (controller, trailers) => note("End", controller, controller.rawTrailers, trailers),
    onResponseError: (controller, error) => note("Error", controller, error),
    onRequestUpgrade: (controller, status, headers) => note("Upgrade", controller, status, headers),
  };
  return {
    calls,
    handler,
    over: over.promise,
    abort: (reason) => held?.abort(reason),
    resume: () => held?.resume(),
  };
}

function callbackNotes(answers: Record<string, (...args: unknown[]) => unknown> = {}): Notes {
  const over = gate();
  const calls: unknown[][] = [];
  let abort: ((reason?: Error) => void) | undefined;
  let resume: (() => void) | undefined;
  const note = (name: string, ...args: unknown[]): unknown => {
    calls.push([name, ...args]);
    if (/End|Error|Upgrade/.test(name)) over.open();
    return answers[name]?.(...args);
  };
  const handler: CallbackHandler = {
    onConnect: (given, context) => {
      abort = given;
      note("start", context);
    },
    onResponseStarted: () => note("started"),
    onRequestSent: () => note("sent"),
    onBodySent: (...args: never) => note("body sent", ...(args as unknown[])),
    onHeaders: (status, headers, given, reason) => {
      resume = given;
      return note("head", status, headers, reason);
    },
    onData: (chunk) => note("data", chunk.toString()),
    onComplete: (trailers) => note("End", trailers),
    onError: (error) => note("Error", error),
    onUpgrade: (status, headers) => note("Upgrade", status, headers),
  };
  return { calls, handler, over: over.promise, abort: (reason) => abort?.(reason), resume: () => resume?.() };
}

const raw = ["Set-Cookie", "a=1", "Content-Length", "3", "Set-Cookie", "b=\xe9"].map((text) =>
  Buffer.from(text, "latin1"),
);

const answer: Response = {
  status: 201,
  reason: "Brewed",
  headers: [
    ["Set-Cookie", "a=1"],
    ["Content-Length", "3"],
    ["Set-Cookie", "b=\xe9"],
  ],
  body: (async function* () {
    yield new Uint8Array([0x74, 0x65]);
    yield new Uint8Array([0x61]);
  })(),
};

/** Answers, and reads the request's body before. */
function sender({ body, ...response }: Response): Sender {
  return {
    send: async (request) => {
      if (request.body !== undefined) for await (const chunk of request.body) void chunk;
      return { ...response, body };
    },
  };
}

const again = (): Response => ({
  ...answer,
  body: (async function* () {
    yield new Uint8Array([0x74, 0x65]);
    yield new Uint8Array([0x61]);
  })(),
});

test("a handler with a controller is told all in order: headers by name and raw, no trailers", async (t) => {
  const { calls, handler, over } = controlledNotes();
  t.true(new UwsgiDispatcher(sender(again())).dispatch({ ...get, method: "POST", body: "milk" }, handler));
  await over;
  t.deepEqual(calls, [
    ["start", null],
    ["body sent", Buffer.from("milk")],
    ["sent"],
    ["started"],
    ["head", 201, raw, { "set-cookie": ["a=1", "b=\xe9"], "content-length": "3" }, "Brewed"],
    ["data", "te"],
    ["data", "a"],
    ["End", [], {}],
  ]);
});

test("a handler with callbacks is told all in order: headers as a flat list of buffers, no trailers", async (t) => {
  const { calls, handler, over } = callbackNotes();
  t.true(new UwsgiDispatcher(sender(again())).dispatch({ ...get, method: "POST", body: "milk" }, handler));
  await over;
  t.deepEqual(calls, [
    ["start", null],
    ["body sent", Buffer.from("milk")],
    ["sent"],
    ["started"],
    ["head", 201, raw, "Brewed"],
    ["data", "te"],
    ["data", "a"],
    ["End", []],
  ]);
});

test("a request without a body is sent when it is answered", async (t) => {
  const { calls, handler, over } = controlledNotes();
  new UwsgiDispatcher(sender(again())).dispatch(get, handler);
  await over;
  t.deepEqual(calls.slice(0, 3), [["start", null], ["sent"], ["started"]]);
});

test("a header of the name __proto__ is a header", async (t) => {
  const { calls, handler, over } = controlledNotes();
  const response = { ...again(), headers: [["__proto__", "1"]] as const };
  new UwsgiDispatcher(sender(response)).dispatch(get, handler);
  await over;
  const headers = calls.find(([name]) => name === "head")?.[3] as object;
  t.deepEqual(Object.entries(headers), [["__proto__", "1"]]);
});

for (const [kind, notes] of [
  ["a controller", controlledNotes],
  ["callbacks", callbackNotes],
] as const) {
  test(`${kind}: a pause at the head, or behind a piece, holds the rest back until it is resumed`, async (t) => {
    const paused: string[] = [];
    let wake = gate();
    const pause = (name: string) => (): unknown => {
      paused.push(name);
      wake.open();
      return false;
    };
    const noted = notes({ head: pause("head"), data: pause("data") });
    let asked = 0;
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: (): Promise<IteratorResult<Uint8Array>> =>
          Promise.resolve(++asked < 3 ? { done: false, value: Buffer.from("tea") } : { done: true, value: undefined }),
      }),
    };
    new UwsgiDispatcher(sender({ ...answer, body })).dispatch(get, noted.handler);
    for (const expected of [["head"], ["head", "data"], ["head", "data", "data"]]) {
      await wake.promise;
      wake = gate();
      await new Promise((resolve) => void setImmediate(resolve));
      t.deepEqual(paused, expected);
      t.is(asked, expected.length - 1);
      noted.resume();
    }
    await noted.over;
    t.is(noted.calls.at(-1)?.[0], "End");
  });

  test(`${kind}: an abort ends all: the handler has its reason, the server its close, and nothing comes behind`, async (t) => {
    const [begun, seen] = [gate(), gate()];
    const { dispatcher } = await dispatched(t, ({ signal }) => {
      signal.addEventListener("abort", () => seen.open());
      begun.open();
      return new Promise(() => {});
    });
    const { calls, handler, over, abort } = notes();
    dispatcher.dispatch(get, handler);
    await begun.promise;
    const reason = new Error("no tea");
    abort(reason);
    abort(new Error("again"));
    await over;
    await seen.promise;
    await dispatcher.close();
    t.deepEqual(calls, [
      ["start", null],
      ["Error", reason],
    ]);
  });

  test(`${kind}: an abort without a reason is undici's, by name and code`, async (t) => {
    const { calls, handler, over, abort } = notes({ start: () => queueMicrotask(() => abort()) });
    new UwsgiDispatcher({ send: () => new Promise(() => {}) }).dispatch(get, handler);
    await over;
    const error = calls.at(-1)?.[1] as Error;
    t.like(error, { name: "AbortError", code: "UND_ERR_ABORTED" });
  });

  test(`${kind}: an abort while paused ends the pause and the response`, async (t) => {
    const held = gate();
    const closed = gate();
    const { dispatcher } = await dispatched(t, () =>
      respond(
        (async function* () {
          try {
            for (;;) yield "tea ".repeat(10_000);
          } finally {
            closed.open();
          }
        })(),
      ),
    );
    const { calls, handler, over, abort } = notes({
      data: () => {
        held.open();
        return false;
      },
    });
    dispatcher.dispatch(get, handler);
    await held.promise;
    abort(new Error("enough"));
    await over;
    await closed.promise;
    await dispatcher.close();
    t.is(calls.filter(([name]) => name === "data").length, 1);
    t.like(calls.at(-1)?.[1], { message: "enough" });
  });

  test(`${kind}: a pause behind an abort holds nothing`, async (t) => {
    const { calls, handler, over, abort } = notes({
      head: () => {
        abort(new Error("enough"));
        return false;
      },
    });
    const dispatcher = new UwsgiDispatcher(sender(again()));
    dispatcher.dispatch(get, handler);
    await over;
    await dispatcher.close();
    t.like(calls.at(-1)?.[1], { message: "enough" });
  });

  test(`${kind}: a dispatcher that is destroyed ends a pause`, async (t) => {
    const held = gate();
    const { calls, handler, over } = notes({
      head: () => {
        held.open();
        return false;
      },
    });
    const dispatcher = new UwsgiDispatcher(sender(again()));
    dispatcher.dispatch(get, handler);
    await held.promise;
    await dispatcher.destroy();
    await over;
    t.is(errorCode(calls.at(-1)?.[1]), "UWSGI_DISPATCHER_CLOSED");
  });

  test(`${kind}: an abort at the end is too late`, async (t) => {
    const { calls, handler, over, abort } = notes();
    const dispatcher = new UwsgiDispatcher(sender(again()));
    dispatcher.dispatch(get, handler);
    await over;
    abort(new Error("late"));
    await dispatcher.close();
    t.is(calls.at(-1)?.[0], "End");
  });

  for (const name of ["start", "head", "data", "End", "sent", "body sent", "started"]) {
    test(`${kind}: what it throws at "${name}" is its error, and ends the request`, async (t) => {
      const thrown = new Error("spilled");
      const failing = (): never => {
        throw thrown;
      };
      const { calls, handler, over } = notes({ [name]: failing });
      const dispatcher = new UwsgiDispatcher(sender(again()));
      dispatcher.dispatch({ ...get, method: "POST", body: "milk" }, handler);
      await over;
      await dispatcher.close();
      t.deepEqual(calls.at(-1), ["Error", thrown]);
      t.is(calls.at(-2)?.[0], name);
    });
  }

  for (const [what, options, code] of [
    ["CONNECT", { method: "CONNECT" }, "UWSGI_INVALID_ARGUMENT"],
    ["a method that is none", { method: "GE T" }, "UWSGI_INVALID_ARGUMENT"],
    ["a path with a blank", { path: "/a b" }, "UWSGI_INVALID_ARGUMENT"],
    ["a path that climbs above the root", { path: "/../x" }, "UWSGI_BAD_TARGET"],
    ["an origin of another scheme", { origin: "ftp://app.test" }, "UWSGI_INVALID_ARGUMENT"],
    ["a header that is none", { headers: { "a b": "1" } }, "UWSGI_INVALID_ARGUMENT"],
    ["a body that is none", { body: 7, method: "POST" }, "UWSGI_INVALID_ARGUMENT"],
    ["a timeout below zero", { headersTimeout: -1 }, "UWSGI_INVALID_ARGUMENT"],
    ["a query beside another", { path: "/?a", query: { b: 1 } }, "UWSGI_INVALID_ARGUMENT"],
    ["redirects to be followed", { maxRedirections: 3 }, "UWSGI_INVALID_ARGUMENT"],
    ["an upgrade without a name", { upgrade: true }, "UWSGI_INVALID_ARGUMENT"],
    ["vars that are too much", { headers: { "x-tea": "x".repeat(65_536) } }, "UWSGI_PACKET_TOO_LARGE"],
  ] as const) {
    test(`${kind}: ${what} is refused with ${code}, and told as any error`, async (t) => {
      const { dispatcher, behind } = await dispatched(t, () => respond("tea"));
      const { calls, handler, over } = notes();
      t.true(dispatcher.dispatch({ ...get, ...options }, handler));
      await over;
      t.is(errorCode(calls.at(-1)?.[1]), code);
      t.is(behind.seen.ends.all.length, 0);
    });
  }

  test(`${kind}: a 101 that nobody asked for is no response`, async (t) => {
    const { calls, handler, over } = notes();
    new UwsgiDispatcher(sender({ ...again(), status: 101 })).dispatch(get, handler);
    await over;
    t.is(errorCode(calls.at(-1)?.[1]), "UWSGI_BAD_RESPONSE_HEAD");
  });

  test(`${kind}: a response to an upgrade that is none is a response`, async (t) => {
    const { calls, handler, over } = notes();
    const answered = Promise.resolve({ ...again(), status: 403 });
    new UwsgiDispatcher({ send: () => answered }).dispatch({ ...get, upgrade: "websocket" }, handler);
    await over;
    t.like(
      calls.find(([name]) => name === "head"),
      { 1: 403 },
    );
    t.is(calls.at(-1)?.[0], "End");
  });
}

for (const handler of [
  undefined,
  null,
  1,
  {},
  { onConnect: () => {} },
  { onRequestStart: () => {}, onError: () => {} },
]) {
  test(`a handler that could not be told of an error is refused at once: ${handler === null ? "null" : Object.keys(handler ?? {}).join() || typeof handler}`, (t) => {
    const dispatcher = new UwsgiDispatcher(sender(again()));
    t.throws(() => dispatcher.dispatch(get, handler as unknown as DispatchHandler), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
    });
  });
}
