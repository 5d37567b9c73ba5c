import test from "ava";
import { asWsgi, lint, type LintFault, wsgi, type WsgiFunction, type WsgiInput } from "../../../src/app/index.ts";
import type { AppRequest, Handler } from "../../../src/handler/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { startServer } from "../../helpers/test-server.ts";
import { get, RawClient } from "../../helpers/raw-client.ts";
import { Gate } from "../../helpers/wsgi-apps.ts";
import { stubRequest } from "../fetch/stub-request.ts";

/** Answers with the whole body. */
const echo: Handler = async ({ body }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { status: 200, headers: [["X-Length", String(body.length)]], body: Buffer.concat(chunks) };
};

test("status, reason, headers and body are those of the handler's response", async (t) => {
  const handler: Handler = () => ({ status: 418, reason: "Teapot", headers: [["X-Tea", "yes"]], body: "short" });
  const { status, reason, headers, text } = await textOf(wsgi(asWsgi(handler)));
  t.deepEqual([status, reason, text], [418, "Teapot", "short"]);
  t.deepEqual(headers, [
    ["X-Tea", "yes"],
    ["Content-Length", "5"],
  ]);
});

async function textOf(handler: Handler) {
  const answer = await inject(handler, { interface: "handler" });
  return { status: answer.status, reason: answer.reason, headers: answer.headers, text: answer.text() };
}

test("a status without a reason gets the registered one, and an unknown one an empty one", async (t) => {
  for (const [status, reason] of [
    [201, "Created"],
    [299, ""],
  ] as const) {
    t.is((await textOf(wsgi(asWsgi(() => ({ status, headers: [], body: null }))))).reason, reason);
  }
});

test("a handler that answers at once is answered at once", (t) => {
  const response = wsgi(asWsgi(() => ({ status: 200, headers: [], body: "x" })))(stubRequest());
  t.false(response instanceof Promise);
});

test("headers that concern one connection are left out, as the server leaves them out", async (t) => {
  const headers = [
    ["Connection", "close"],
    ["Status", "500"],
    ["X-A", "b"],
  ] as const;
  const answer = await textOf(wsgi(lint(asWsgi(() => ({ status: 200, headers, body: null })))));
  t.deepEqual(answer.headers, [
    ["X-A", "b"],
    ["Content-Length", "0"],
  ]);
});

test("the request is of the environ that is given, all else of the request below", async (t) => {
  let seen: AppRequest | undefined;
  const given = stubRequest({ CONTENT_LENGTH: "" });
  const application = asWsgi((request) => {
    seen = request;
    request.log("logged");
    request.report(new Error("reported"), 500);
    request.waitUntil(Promise.resolve());
    return { status: 200, headers: [], body: null };
  });
  const middleware: WsgiFunction = (environ, start) => application({ ...environ, PATH_INFO: "/other" }, start);
  await wsgi(middleware)(given);
  t.is(seen?.environ.PATH_INFO, "/other");
  t.is(given.environ.PATH_INFO, "/");
  t.is(seen?.id, "stub");
  t.is(seen?.signal, given.signal);
  t.false(seen?.isUpgraded);
  t.deepEqual([given.logged, given.work.length], [["logged", "Error: reported"], 1]);
  t.throws(() => seen?.upgrade(), { message: "there is no connection" });
});

test("the body is what is left of wsgi.input, behind a reader", async (t) => {
  const application = asWsgi(echo);
  const reading: WsgiFunction = async (environ, start) => {
    await environ["wsgi.input"].read(2);
    return application(environ, start);
  };
  const answer = await inject(wsgi(reading), { interface: "handler", body: "0123456" });
  t.deepEqual([answer.text(), answer.get("x-length")], ["23456", "7"]);
});

test("the body is that of the wsgi.input which middleware has put there", async (t) => {
  const application = asWsgi(echo);
  const replacing: WsgiFunction = (environ, start) => {
    async function* chunks(): AsyncGenerator<Uint8Array, undefined> {
      yield Buffer.from("a new ");
      yield Buffer.from("one");
      return undefined;
    }
    environ["wsgi.input"] = { [Symbol.asyncIterator]: chunks } as unknown as WsgiInput;
    environ.CONTENT_LENGTH = "9";
    return application(environ, start);
  };
  const answer = await inject(wsgi(replacing), { interface: "handler", body: "old" });
  t.deepEqual([answer.text(), answer.get("x-length")], ["a new one", "9"]);
});

test("WSGI applications within handlers within WSGI applications read one body", async (t) => {
  const innermost: WsgiFunction = async (environ, start) => {
    start("200 OK", []);
    return environ["wsgi.input"].read();
  };
  const handler = wsgi(asWsgi(wsgi(asWsgi(wsgi(innermost)))));
  t.is((await inject(handler, { interface: "handler", body: "deep" })).text(), "deep");
});

test("an environ without a request of ours is refused", (t) => {
  t.throws(() => asWsgi(echo)({} as never, () => () => Promise.resolve()), {
    code: "UWSGI_APP_CONTRACT",
    message: /no uisge\.request/,
  });
});

test("what is no response is refused", async (t) => {
  const { errors } = await inject(wsgi(asWsgi(() => ({ status: 200 }) as never)), { interface: "handler" });
  t.regex(String(errors[0]), /did not return a response/);
});

test("the failure of a handler is the application's", async (t) => {
  const failure = new Error("planted");
  for (const handler of [() => Promise.reject(failure), () => raise(failure)]) {
    const { status, errors } = await inject(wsgi(lint(asWsgi(handler))), { interface: "handler" });
    t.deepEqual([status, errors], [500, [failure]]);
  }
});

function raise(error: Error): never {
  throw error;
}

for (const status of [204, 304]) {
  test(`a body of a ${status} is not sent, and closed`, async (t) => {
    const faults: LintFault[] = [];
    let closes = 0;
    const body = {
      [Symbol.asyncIterator]: () => t.fail("it was iterated"),
      close: () => {
        closes++;
      },
    };
    for (const given of [body, "text", null]) {
      const handler: Handler = () => ({ status, headers: [], body: given });
      const answer = await inject(wsgi(lint(asWsgi(handler), { report: (fault) => faults.push(fault) })), {
        interface: "handler",
      });
      t.deepEqual([answer.status, answer.text()], [status, ""]);
    }
    t.deepEqual([closes, faults], [1, []]);
  });
}

test("a streamed body is not iterated for HEAD, and closed; of a whole one the length is told", async (t) => {
  let closes = 0;
  const body = {
    [Symbol.asyncIterator]: () => t.fail("it was iterated"),
    close: () => {
      closes++;
    },
  };
  for (const [given, length] of [
    [body, undefined],
    ["text", "4"],
  ] as const) {
    const handler = wsgi(lint(asWsgi(() => ({ status: 200, headers: [], body: given }))));
    const answer = await inject(handler, { interface: "handler", method: "HEAD" });
    t.deepEqual([answer.status, answer.text(), answer.get("content-length")], [200, "", length]);
  }
  t.is(closes, 1);
});

test("a streamed body is closed once, and its chunks come as they are asked for", async (t) => {
  let closes = 0;
  let asked = 0;
  const body = {
    async *[Symbol.asyncIterator]() {
      for (; asked < 3; asked++) yield `piece ${asked} `;
    },
    close: () => {
      closes++;
    },
  };
  const handler = wsgi(lint(asWsgi(() => ({ status: 200, headers: [], body }))));
  const answer = await inject.stream(handler, { interface: "handler" });
  t.is(Buffer.from((await answer.read()) ?? []).toString(), "piece 0 ");
  t.true(asked < 3);
  await answer.leave();
  t.is(closes, 1);
});

test("a head that is final goes out before the first chunk is there", async (t) => {
  const gate = new Gate();
  const body = Object.assign(waiting(gate), { isHeadFinal: true });
  const handler = wsgi(asWsgi(() => ({ status: 200, headers: [["X-Head", "there"]], body })));
  const answer = await inject.stream(handler, { interface: "handler" });
  t.is(answer.get("x-head"), "there");
  gate.open();
  t.is(Buffer.from((await answer.read()) ?? []).toString(), "late");
  t.is(await answer.read(), undefined);
});

test("a head that is not final waits: a body that fails before its first chunk is a 500", async (t) => {
  const failure = new Error("planted");
  async function* body(): AsyncGenerator<string> {
    yield "";
    await Promise.resolve();
    raise(failure);
  }
  const answer = await inject(wsgi(asWsgi(() => ({ status: 200, headers: [], body: body() }))), {
    interface: "handler",
  });
  t.deepEqual([answer.status, answer.errors], [500, [failure]]);
});

async function* waiting(gate: Gate): AsyncGenerator<string> {
  await gate.opened;
  yield "late";
}

for (const [what, response] of [
  ["a response", { status: 101, headers: [], body: "not looked at" }],
  ["nothing", undefined],
] as const) {
  test(`an upgrade of a handler that gives ${what} passes, seen by lint`, async (t) => {
    const faults: LintFault[] = [];
    const handler: Handler = (request) => {
      request.upgrade().end("HTTP/1.1 101 Switching Protocols\r\n\r\nraw");
      return response as never;
    };
    const through = wsgi(lint(asWsgi(handler), { report: (fault) => faults.push(fault) }));
    await using server = await startServer(through);
    using client = await RawClient.connect(server.address);
    await client.send(get({ HTTP_UPGRADE: "tea" }));
    await client.until("\r\n\r\nraw");
    t.deepEqual([faults, server.seen.errors.all], [[], []]);
  });
}
