/** Bodies that fail, and that do not. */
import { EventEmitter, once } from "node:events";
import test from "ava";
import type { AppResponse, BodyChunk, ResponseBody } from "../../../src/handler/index.ts";
import { discard } from "../../../src/handler/index.ts";
import { wsgi } from "../../../src/app/index.ts";
import { errors } from "../../../src/middleware/errors/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { scene } from "./failing-apps.ts";

const handler = { interface: "handler" } as const;
const respond = (body: ResponseBody): AppResponse => ({ status: 200, headers: [], body });
const planted = new Error("planted");

/** A body that notes what is asked of it. */
class Body implements AsyncIterator<BodyChunk> {
  readonly asked: string[] = [];
  private readonly chunks: (BodyChunk | Error)[];

  constructor(...chunks: (BodyChunk | Error)[]) {
    this.chunks = chunks;
  }

  [Symbol.asyncIterator](): this {
    this.asked.push("iterate");
    return this;
  }

  async next(): Promise<IteratorResult<BodyChunk>> {
    this.asked.push("next");
    const value = this.chunks.shift();
    if (value instanceof Error) throw value;
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  async return(): Promise<IteratorResult<BodyChunk>> {
    this.asked.push("return");
    return { done: true, value: undefined };
  }

  async close(): Promise<void> {
    this.asked.push("close");
  }
}

function* failingAtOnce(): Generator<string> {
  yield "";
  throw planted;
}

for (const [what, make] of [
  ["async body", () => new Body("", planted)],
  ["body", failingAtOnce],
  ["body of promises", () => [Promise.reject<string>(planted)][Symbol.iterator]()],
] as const) {
  test(`an ${what} that fails before its first chunk is answered with a 500`, async (t) => {
    const answer = await inject(
      errors()(() => respond(make() as unknown as Body)),
      {
        ...handler,
        headers: { Accept: "application/json", "X-Request-ID": "id-1" },
      },
    );
    t.deepEqual([answer.status, answer.json()], [500, { title: "Internal Server Error", status: 500, id: "id-1" }]);
    t.deepEqual(answer.errors, [planted]);
  });
}

test("a body that fails before its first chunk is closed once, and not told that it is left", async (t) => {
  const body = new Body("", planted);
  await inject(
    errors()(() => respond(body)),
    handler,
  );
  t.deepEqual(body.asked, ["iterate", "next", "next", "close"]);
});

test("what close() throws behind a failure is logged", async (t) => {
  const body = Object.assign(failingAtOnce(), {
    close: () => {
      throw new Error("of close");
    },
  });
  const answer = await inject(
    errors()(() => respond(body)),
    handler,
  );
  t.deepEqual([answer.status, answer.errors], [500, [planted]]);
  t.deepEqual(answer.logs, ["errors: close() behind a failure has failed: Error: of close"]);
});

test("a first chunk that is none is a failure", async (t) => {
  const body = new Body(5 as never, "x");
  const answer = await inject(
    errors()(() => respond(body)),
    handler,
  );
  t.is(answer.status, 500);
  t.deepEqual(body.asked, ["iterate", "next", "return", "close"]);
});

test("a generator of a WSGI application that fails at once is answered with a 500", async (t) => {
  const application = wsgi((_, startResponse) => {
    startResponse("200 OK", []);
    return failingAtOnce();
  });
  const answer = await inject(errors()(application), { ...handler, headers: { Accept: "text/html" } });
  t.is(answer.get("content-type"), "text/html; charset=utf-8");
});

for (const onError of [undefined, () => {}]) {
  const how = onError === undefined ? "" : ", with a hook";
  const middleware = errors(onError === undefined ? {} : { onError });

  test(`a body is sent whole, its first chunk first, and closed once${how}`, async (t) => {
    const body = new Body("", "one ", "", Buffer.from("two "), "three");
    const answer = await inject(
      middleware(() => respond(body)),
      handler,
    );
    t.is(answer.text(), "one two three");
    t.deepEqual(body.asked, ["iterate", ...Array.from({ length: 6 }, () => "next"), "close"]);
  });

  test(`an empty body is sent${how}`, async (t) => {
    const body = new Body();
    const answer = await inject(
      middleware(() => respond(body)),
      handler,
    );
    t.deepEqual([answer.text(), answer.isComplete, answer.get("content-length")], ["", true, "0"]);
    t.deepEqual(body.asked, ["iterate", "next", "close"]);
  });

  test(`of a body whose client goes away no more is asked, and it is closed once${how}`, async (t) => {
    const body = new Body("one", "two", "three");
    const answer = await inject.stream(
      middleware(() => respond(body)),
      handler,
    );
    await answer.read();
    await answer.leave();
    t.deepEqual(
      body.asked.filter((word) => word !== "next"),
      ["iterate", "return", "close"],
    );
    t.true(body.asked.length < 6);
  });

  test(`of a body for HEAD nothing is asked, and it is closed${how}`, async (t) => {
    const body = new Body(planted);
    const answer = await inject(
      middleware(() => respond(body)),
      { ...handler, method: "HEAD" },
    );
    t.deepEqual([answer.status, body.asked], [200, ["close"]]);
  });

  for (const status of [204, 304]) {
    test(`of a body for ${status} nothing is asked, and it is closed${how}`, async (t) => {
      const body = new Body(planted);
      const answer = await inject(
        middleware(() => ({ ...respond(body), status })),
        handler,
      );
      t.deepEqual([answer.status, body.asked], [status, ["close"]]);
    });
  }

  test(`a body that is closed twice has been closed once${how}`, async (t) => {
    const body = new Body("one");
    const response = await middleware(() => respond(body))(scene().request);
    await discard(response);
    await discard(response);
    t.deepEqual(body.asked, ["iterate", "next", "return", "close"]);
  });

  test(`a head that is final does not wait for its body${how}`, async (t) => {
    const body = Object.assign(new Body("late"), { isHeadFinal: true });
    const response = await middleware(() => respond(body))(scene().request);
    t.deepEqual(body.asked, []);
    t.true((response.body as Body & { isHeadFinal: boolean }).isHeadFinal);
  });

  test(`a generator that is discarded behind its first chunk is ended${how}`, async (t) => {
    let isEnded = false;
    async function* generator(): AsyncGenerator<string> {
      try {
        yield "one";
        yield "two";
      } finally {
        isEnded = true;
      }
    }
    await discard(await middleware(() => respond(generator()))(scene().request));
    t.true(isEnded);
  });

  test(`a list of chunks is passed on as it is${how}`, (t) => {
    const response = respond(["a", "b"]);
    t.is(middleware(() => response)(scene().request), response);
  });
}

test("a promised chunk that rejects behind the head is told", async (t) => {
  const told: unknown[] = [];
  function* generator(): Generator<string | Promise<string>> {
    yield "one";
    yield Promise.reject<string>(planted);
  }
  const answer = await inject(
    errors({ onError: (error, { phase }) => void told.push([error, phase]) })(() =>
      respond(generator() as Generator<string>),
    ),
    handler,
  );
  t.deepEqual([answer.isComplete, told], [false, [[planted, "stream"]]]);
});

test("that a client has gone away is no failure of the body", async (t) => {
  const told: unknown[] = [];
  async function* generator(signal: AbortSignal): AsyncGenerator<string> {
    yield "one";
    await once(new EventEmitter(), "never", { signal });
  }
  const application = errors({ onError: (error) => void told.push(error) })(({ signal }) => respond(generator(signal)));
  const answer = await inject.stream(application, handler);
  await answer.read();
  await answer.leave();
  t.deepEqual(told, []);
});
