/** `onError` and `render`. */
import test from "ava";
import { type AboutError, errors } from "../../../src/middleware/errors/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { answerTo, breaking, interfaces, scene, throwing } from "./failing-apps.ts";

const throws = (): never => {
  throw new Error("of the hook");
};

const handler = { interface: "handler" } as const;

/** A hook that keeps what it is told. */
function keeper(): { onError(error: unknown, about: AboutError): void; told: [unknown, string, number, string][] } {
  const told: [unknown, string, number, string][] = [];
  return { told, onError: (error, { phase, status, id }) => void told.push([error, phase, status, id]) };
}

for (const name of interfaces) {
  test(`a failure of a ${name} application before its head is told once, with the id`, async (t) => {
    const { told, onError } = keeper();
    const error = new Error("planted");
    await inject(errors({ onError })(throwing(name, error, true)), { ...handler, headers: { "X-Request-ID": "id-1" } });
    t.deepEqual(told, [[error, "before", 500, "id-1"]]);
  });

  test(`a failure of a ${name} application behind its head breaks the answer off, and is told once`, async (t) => {
    const { told, onError } = keeper();
    const error = new Error("planted");
    const answer = await inject(errors({ onError })(breaking(name, error)), {
      ...handler,
      headers: { "X-Request-ID": "id-1" },
    });
    t.deepEqual([answer.status, answer.text(), answer.isComplete], [200, "first", false]);
    t.deepEqual(told, [[error, "stream", 200, "id-1"]]);
    t.deepEqual(answer.errors, [error]);
  });
}

test("a failure in close() is told, and reported by the server", async (t) => {
  const { told, onError } = keeper();
  const error = new Error("planted");
  const body = Object.assign(["tea"], {
    close: () => {
      throw error;
    },
  });
  const answer = await inject(
    errors({ onError })(() => ({ status: 200, headers: [], body })),
    handler,
  );
  t.deepEqual([answer.text(), answer.errors], ["tea", [error]]);
  t.deepEqual(
    told.map(([one, phase]) => [one, phase]),
    [[error, "close"]],
  );
});

for (const [how, onError] of [
  [
    "throws",
    () => {
      throw new Error("of the hook");
    },
  ],
  ["rejects", () => Promise.reject(new Error("of the hook"))],
  [
    "throws what has no text",
    () => {
      throw Object.create(null);
    },
  ],
  ["gives what throws when it is looked at", () => new Proxy(Promise.resolve(), { get: throws })],
] as const) {
  test(`a hook that ${how} is logged, and does no harm`, async (t) => {
    const answer = await inject(errors({ onError })(throwing("wsgi", new Error("planted"))), handler);
    t.is(answer.status, 500);
    t.regex(answer.logs.join("\n"), /^errors: onError has failed: (?:Error: of the hook|an object was thrown: \{\})$/);
    t.is(answer.errors.length, 1);
  });
}

test("the server's close waits for a hook's promise", async (t) => {
  const stage = scene();
  await answerTo(errors({ onError: async () => {} }), new Error("planted"), stage);
  t.is(stage.work.length, 1);
});

test("render writes the body, with what the client is told", async (t) => {
  const seen: unknown[] = [];
  const render = ({ environ, ...problem }: { environ: object }): string => {
    seen.push(problem, typeof environ);
    return "<h1>Oh</h1>";
  };
  const answer = await inject(errors({ render })(throwing("wsgi", new Error("planted"))), {
    ...handler,
    headers: { Accept: "text/html", "X-Request-ID": "id-1" },
  });
  t.deepEqual([answer.status, answer.text(), answer.get("content-security-policy")], [500, "<h1>Oh</h1>", undefined]);
  t.deepEqual(seen, [
    { status: 500, title: "Internal Server Error", detail: undefined, id: "id-1", type: "html" },
    "object",
  ]);
});

test("where render gives undefined, the usual answer goes out", async (t) => {
  t.regex(await answerTo(errors({ render: async () => undefined }), new Error("planted"), scene()), /^500 Internal/);
});

for (const [how, render] of [
  [
    "throws",
    () => {
      throw new Error("of the hook");
    },
  ],
  ["rejects", () => Promise.reject(new Error("of the hook"))],
  ["gives no text", () => 5],
] as const) {
  test(`behind a render that ${how}, the usual answer goes out, and the log has why`, async (t) => {
    const stage = scene();
    const text = await answerTo(errors({ render: render as () => string }), new Error("planted"), stage);
    t.regex(text, /^500 Internal Server Error\n/);
    t.regex(stage.logs.join("\n"), /of the hook|no string/);
  });
}

test("render is not asked for HEAD", async (t) => {
  const render = (): string => t.fail();
  const answer = await inject(errors({ render })(throwing("wsgi", new Error("planted"))), {
    ...handler,
    method: "HEAD",
  });
  t.is(answer.status, 500);
});
