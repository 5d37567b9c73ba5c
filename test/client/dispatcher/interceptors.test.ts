/**
 * undici's interceptors around a dispatcher of ours: those of each major, asked by those of each major. undici itself
 * does not mix them (docs/fetch.md); here they see handlers of both interfaces.
 */
import { gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { type Interceptor, UwsgiDispatcher } from "../../../src/client/dispatcher/index.ts";
import type { Handler } from "../../../src/handler/index.ts";
import { noise } from "../../helpers/noise.ts";
import { gate, respond } from "../../helpers/test-server.ts";
import { dispatched, fetches, undicis, type Undici } from "../../helpers/undicis.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

type Ask = (dispatcher: UwsgiDispatcher, init?: object) => Promise<Answer>;

const URL_ASKED = "http://app.test/tea";

const askers: readonly { readonly name: string; readonly ask: Ask }[] = [
  ...fetches.map(({ name, fetch }): { name: string; ask: Ask } => ({
    name,
    ask: async (dispatcher, init) => {
      const response = await fetch(URL_ASKED, { dispatcher, ...init });
      const { status, headers } = response;
      return { status, headers: Object.fromEntries(headers), bytes: Buffer.from(await response.arrayBuffer()) };
    },
  })),
  ...undicis.map(({ name, undici }): { name: string; ask: Ask } => ({
    name: `request of ${name}`,
    ask: async (dispatcher, init) => {
      const { statusCode, headers, body } = await undici.request(URL_ASKED, { dispatcher, ...init });
      return { status: statusCode, headers, bytes: Buffer.from(await body.arrayBuffer()) };
    },
  })),
];

/** An interceptor at work: its own, what the application does, and what must come of it. */
interface Work {
  readonly intercept: (undici: Undici) => Interceptor | undefined;
  readonly app: () => Handler;
  readonly holds: (t: ExecutionContext, ask: () => Promise<Answer>, asked: () => number) => Promise<void>;
}

const tea: Work["holds"] = async (t, ask) => {
  const { status, bytes } = await ask();
  t.is(status, 200);
  t.is(bytes.toString(), "green");
};

/** Those that undici 6 has not are undefined there. */
type Made = ((options?: object) => unknown) | undefined;
const made = (make: unknown, options?: object): Interceptor | undefined => (make as Made)?.(options) as Interceptor;

const works: Readonly<Record<string, Work>> = {
  "retry asks again while it is answered 503": {
    intercept: ({ interceptors }) => made(interceptors.retry, { minTimeout: 1 }),
    app: () => {
      let asked = 0;
      return () => respond("green", { status: ++asked < 3 ? 503 : 200 });
    },
    holds: async (t, ask, asked) => {
      await tea(t, ask, asked);
      t.is(asked(), 3);
    },
  },
  "retry goes on where a response broke off": {
    intercept: ({ interceptors }) => made(interceptors.retry, { minTimeout: 1, errorCodes: broken }),
    app: () => {
      let asked = 0;
      return ({ environ }) => {
        if (asked++ === 0) return respond(breaking(), { headers: [["Content-Length", "5"]] });
        return respond("een", {
          status: environ["HTTP_RANGE"] === "bytes=2-4" ? 206 : 500,
          headers: [
            ["Content-Range", "bytes 2-4/5"],
            ["Content-Length", "3"],
          ],
        });
      };
    },
    holds: tea,
  },
  "redirect follows": {
    intercept: ({ interceptors }) => made(interceptors.redirect, { maxRedirections: 2 }),
    app:
      () =>
      ({ environ }) =>
        environ.PATH_INFO === "/tea"
          ? respond("elsewhere", { status: 302, headers: [["Location", "/more"]] })
          : respond("green"),
    holds: tea,
  },
  "dump throws the body away": {
    intercept: ({ interceptors }) => made(interceptors.dump),
    app: () => () => respond("green"),
    holds: async (t, ask) => {
      const { status, bytes } = await ask();
      t.is(status, 200);
      t.is(bytes.length, 0);
    },
  },
  "dns finds the address of a name": {
    intercept: ({ interceptors }) =>
      made(interceptors.dns, {
        lookup: (_: unknown, __: unknown, found: (error: null, addresses: object[]) => void) =>
          found(null, [{ address: "192.0.2.1", family: 4, ttl: 10_000 }]),
      }),
    app:
      () =>
      ({ environ }) =>
        respond(environ.SERVER_NAME === "192.0.2.1" && environ["HTTP_HOST"] === "app.test" ? "green" : "black"),
    holds: tea,
  },
  "responseError makes an error of a 404": {
    intercept: ({ interceptors }) => made(interceptors.responseError),
    app: () => () => respond("none", { status: 404, headers: [["Content-Type", "text/plain"]] }),
    holds: async (t, ask) => {
      const error: unknown = await t.throwsAsync(ask(), { any: true });
      t.like((error as Error).cause ?? error, { statusCode: 404, body: "none" });
    },
  },
  "cache asks once": {
    intercept: ({ interceptors }) => made(interceptors.cache),
    app: () => () => respond("green", { headers: [["Cache-Control", "public, max-age=60"]] }),
    holds: async (t, ask, asked) => {
      await tea(t, ask, asked);
      await tea(t, ask, asked);
      t.is(asked(), 1);
    },
  },
  "decompress takes the coding away, from the headers too": {
    intercept: ({ interceptors }) => made(interceptors.decompress),
    app: () => () => respond(gzipSync("green"), { headers: [["Content-Encoding", "gzip"]] }),
    holds: tea,
  },
  "deduplicate asks once for many": {
    intercept: ({ interceptors }) => made((interceptors as unknown as Record<string, Made>)["deduplicate"]),
    app: () => async () => {
      await new Promise((resolve) => void setImmediate(resolve));
      return respond("green");
    },
    holds: async (t, ask, asked) => {
      await Promise.all([tea(t, ask, asked), tea(t, ask, asked)]);
      t.is(asked(), 1);
    },
  },
};

/** What a response that broke off is by the client, which retry must be told: it knows errors of sockets only. */
const broken = ["UWSGI_BODY_TRUNCATED", "UWSGI_RESPONSE_TRUNCATED", "UWSGI_PEER_GONE"];

async function* breaking(): AsyncGenerator<string> {
  yield "gr";
  await new Promise((resolve) => void setTimeout(resolve, 20));
  throw new Error("broken");
}

for (const { name, ask } of askers) {
  for (const { name: of, undici } of undicis) {
    for (const [rule, { intercept, app, holds }] of Object.entries(works)) {
      if (intercept(undici) === undefined) continue;
      test(`${name}, interceptors of ${of}: ${rule}`, async (t) => {
        let asked = 0;
        const handler = app();
        const { dispatcher } = await dispatched(t, (request) => {
          asked++;
          return handler(request);
        });
        const composed = dispatcher.compose(intercept(undici) as Interceptor);
        await holds(
          t,
          () => ask(composed),
          () => asked,
        );
      });
    }

    test(`${name}, interceptors of ${of}: a large body comes as it is, through several`, async (t) => {
      const bytes = noise(3_000_000);
      const { dispatcher } = await dispatched(t, () => respond(bytes));
      const { interceptors } = undici;
      const composed = dispatcher.compose([interceptors.redirect({ maxRedirections: 1 }), interceptors.retry()]);
      t.true((await ask(composed)).bytes.equals(bytes));
    });

    test(`${name}, interceptors of ${of}: an abort closes the connection`, async (t) => {
      const [begun, seen] = [gate(), gate()];
      const { dispatcher } = await dispatched(t, ({ signal }) => {
        signal.addEventListener("abort", () => seen.open());
        begun.open();
        return new Promise(() => {});
      });
      const { interceptors } = undici;
      const composed = dispatcher.compose(interceptors.retry(), interceptors.redirect({ maxRedirections: 1 }));
      const controller = new AbortController();
      const answer = ask(composed, { signal: controller.signal });
      await begun.promise;
      controller.abort();
      await t.throwsAsync(answer, { any: true, name: "AbortError" });
      await seen.promise;
    });

    test(`${name}, interceptors of ${of}: an error that retry knows is tried again, then told`, async (t) => {
      let tried = 0;
      const dispatcher = new UwsgiDispatcher({
        send: () => Promise.reject(Object.assign(new Error("nobody there"), { code: `UWSGI_${++tried}` })),
      });
      const errorCodes = ["UWSGI_1", "UWSGI_2"];
      const composed = dispatcher.compose(undici.interceptors.retry({ minTimeout: 1, errorCodes }));
      const error = await t.throwsAsync(ask(composed));
      t.like(error?.cause ?? error, { code: "UWSGI_3" });
    });
  }
}

for (const { name, undici } of undicis) {
  test(`${name}: its own compose takes the dispatcher too`, async (t) => {
    const { dispatcher } = await dispatched(t, ({ environ }) =>
      environ.PATH_INFO === "/tea"
        ? respond("elsewhere", { status: 302, headers: [["Location", "/more"]] })
        : respond("green"),
    );
    const { Dispatcher, interceptors } = undici;
    const composed = Dispatcher.prototype.compose.call(dispatcher, interceptors.redirect({ maxRedirections: 1 }));
    const { statusCode, body } = await undici.request(URL_ASKED, { dispatcher: composed });
    t.is(statusCode, 200);
    t.is(await body.text(), "green");
  });
}

test("the last interceptor is the outermost, and what is composed can be composed again", async (t) => {
  const { dispatcher } = await dispatched(t, ({ environ }) => respond(String(environ["HTTP_X_TRAIL"])));
  const adding =
    (mark: string): Interceptor =>
    (dispatch) =>
    (options, handler) => {
      const { "x-trail": trail = "", ...headers } = options.headers as Record<string, string>;
      return dispatch({ ...options, headers: { ...headers, "x-trail": `${trail}${mark}` } }, handler);
    };
  const composed = dispatcher.compose(adding("c"), null, adding("b")).compose([adding("a"), undefined]);
  const init = { dispatcher: composed } as object;
  t.is(await (await fetch(URL_ASKED, init)).text(), "abc");
  await composed.close();
  t.true(dispatcher.closed);
});

for (const [what, interceptor] of [
  ["that is no function", {}],
  ["that returns none", () => undefined],
  ["that returns one of one argument", () => (options: unknown) => options],
] as const) {
  test(`an interceptor ${what} is refused with UWSGI_INVALID_ARGUMENT`, (t) => {
    const dispatcher = new UwsgiDispatcher("/run/app.sock");
    t.throws(() => dispatcher.compose(interceptor as unknown as Interceptor), { code: "UWSGI_INVALID_ARGUMENT" });
  });
}

test("undici 8's cache before its redirect is refused, as undici refuses it", (t) => {
  const dispatcher = new UwsgiDispatcher("/run/app.sock");
  for (const { undici, major } of undicis.filter((each) => each.major >= 8)) {
    const { cache, redirect } = undici.interceptors;
    t.throws(() => dispatcher.compose(cache(), redirect()), { code: "UWSGI_INVALID_ARGUMENT", message: /cache/ });
    t.notThrows(() => dispatcher.compose(redirect(), cache()));
    t.is(major, 8);
  }
  t.pass();
});
