/** Each fault of a server that lint sees, planted: an application that breaks no rule, under a server that does. */
import test from "ava";
import {
  lint,
  type LintFault,
  type StartResponse,
  type WsgiEnviron,
  type WsgiFunction,
} from "../../../src/app/index.ts";
import { UwsgiError } from "../../../src/errors.ts";
import { collectGarbage } from "../../helpers/collect-garbage.ts";
import { begin, serveOnce, soundEnviron, soundStart } from "../../helpers/wsgi-server.ts";

/** Reads in every way, and answers in chunks. */
const reader: WsgiFunction = async function* echo(environ: WsgiEnviron, start: StartResponse) {
  const input = environ["wsgi.input"];
  const first = await input.read(1);
  const line = await input.readline();
  const lines = await input.readlines();
  const rest = await input.read();
  start("200 OK", []);
  yield* [first, line, ...lines, rest, "."];
} as never;

const hello: WsgiFunction = function* chunks(_environ: unknown, start: StartResponse) {
  start("200 OK", []);
  yield "a";
  yield "b";
} as never;

/** Gives an error to startResponse behind the head. */
const late: WsgiFunction = function* failing(_environ: unknown, start: StartResponse) {
  start("200 OK", []);
  yield "a";
  start("500 Oh", [], new Error("given"));
  yield "b";
} as never;

const writer: WsgiFunction = async (_, start) => {
  await start("200 OK", [])("a");
  return new Set(["b"]);
};

const files: WsgiFunction = (environ, start) => {
  start("200 OK", []);
  return environ["wsgi.file_wrapper"]({ read: () => null });
};

type Serve = (application: WsgiFunction) => unknown;

/** Serves with an environ that is changed. */
function environWith(changes: Readonly<Record<string, unknown>>): Serve {
  return (application) => serveOnce(application, soundEnviron(changes));
}

/** Serves with an input whose methods are changed. */
function inputWith(changes: Readonly<Record<string, unknown>>): Serve {
  const bytes =
    (text = ""): (() => Promise<Uint8Array>) =>
    () =>
      Promise.resolve(Buffer.from(text));
  const input = {
    read: (size?: number) => Promise.resolve(Buffer.from(size === 1 ? "a" : "")),
    readline: bytes("bc\n"),
    readlines: () => Promise.resolve([]),
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
    ...changes,
  };
  return (application) => serveOnce(application, soundEnviron({ CONTENT_LENGTH: "4", "wsgi.input": input }));
}

function startWith(start: unknown): Serve {
  return (application) => serveOnce(application, soundEnviron(), start as StartResponse);
}

const text = (content: string) => () => Promise.resolve(Buffer.from(content));

const planted: readonly (readonly [rule: number, about: string, serve: Serve, application?: WsgiFunction])[] = [
  [1, "a call with one argument", (application) => (application as (environ: unknown) => unknown)(soundEnviron())],
  [1, "a startResponse that is no function", startWith("start")],
  [2, "no environ", (application) => application(null as never, soundStart())],
  [2, "an environ that inherits", (application) => serveOnce(application, { ...soundEnviron() })],
  [2, "an environ that is frozen", (application) => serveOnce(application, Object.freeze(soundEnviron()))],
  [3, "a var that is a number", environWith({ REMOTE_PORT: 80 })],
  [4, "a var above U+00FF", environWith({ REMOTE_USER: "€" })],
  [6, "no REQUEST_METHOD", environWith({ REQUEST_METHOD: undefined })],
  [6, "a REQUEST_METHOD that is no token", environWith({ REQUEST_METHOD: "GET /" })],
  [7, "no SCRIPT_NAME", environWith({ SCRIPT_NAME: undefined })],
  [7, "a SCRIPT_NAME of /", environWith({ SCRIPT_NAME: "/" })],
  [7, "a PATH_INFO that is no path", environWith({ PATH_INFO: "tea" })],
  [8, "no QUERY_STRING", environWith({ QUERY_STRING: undefined })],
  [9, "HTTP_CONTENT_TYPE", environWith({ HTTP_CONTENT_TYPE: "a/b" })],
  [9, "HTTP_CONTENT_LENGTH", environWith({ HTTP_CONTENT_LENGTH: "4" })],
  [9, "a CONTENT_LENGTH that is no number", environWith({ CONTENT_LENGTH: "4,4" })],
  [10, "an empty SERVER_NAME", environWith({ SERVER_NAME: "" })],
  [10, "no SERVER_PORT", environWith({ SERVER_PORT: undefined })],
  [11, "no SERVER_PROTOCOL", environWith({ SERVER_PROTOCOL: undefined })],
  [12, "a header in lower case", environWith({ "HTTP_x-a": "b" })],
  [14, "an empty REMOTE_USER", environWith({ REMOTE_USER: "" })],
  [14, "an empty HTTPS", environWith({ HTTPS: "" })],
  [15, "a wsgi.version that is none", environWith({ "wsgi.version": "1.0" })],
  [15, "a wsgi.url_scheme that is none", environWith({ "wsgi.url_scheme": "ftp" })],
  [15, "a wsgi.url_scheme of http with HTTPS", environWith({ HTTPS: "on" })],
  [15, "a wsgi key that nobody knows", environWith({ "wsgi.mine": "x" })],
  [16, "no wsgi.input", environWith({ "wsgi.input": undefined })],
  [16, "a wsgi.input without readline", inputWith({ readline: undefined })],
  [16, "a wsgi.errors without flush", environWith({ "wsgi.errors": { write: () => {}, writelines: () => {} } })],
  [16, "a wsgi.multithread of 1", environWith({ "wsgi.multithread": 1 })],
  [16, "no wsgi.multiprocess", environWith({ "wsgi.multiprocess": undefined })],
  [16, "no wsgi.run_once", environWith({ "wsgi.run_once": undefined })],
  [17, "a key of its own without a prefix in lower case", environWith({ "Server.worker": 5 })],
  [19, "a read that answers text", inputWith({ read: () => Promise.resolve("a") }), reader],
  [19, "a read that answers no promise", inputWith({ read: () => Buffer.from("a") }), reader],
  [19, "a read that answers more than asked", inputWith({ read: text("abcd") }), reader],
  [19, "a readline that answers two lines", inputWith({ readline: text("b\nc") }), reader],
  [19, "a readlines that answers no list", inputWith({ readlines: () => Promise.resolve("lines") }), reader],
  [20, "more bytes than CONTENT_LENGTH", inputWith({ readline: text("bcdefgh\n") }), reader],
  [
    21,
    "bytes behind the end",
    inputWith({ readline: text("abcd"), read: text("x") }),
    async (environ, start) => {
      await environ["wsgi.input"].readline();
      await environ["wsgi.input"].read(1);
      return hello(environ, start);
    },
  ],
  [22, "a short body as a whole one", inputWith({ readline: text("b") }), reader],
  [
    22,
    "an iteration that ends early",
    inputWith({}),
    async (environ, start) => {
      for await (const chunk of environ["wsgi.input"]) String(chunk);
      return hello(environ, start);
    },
  ],
  [26, "a startResponse that answers nothing", startWith(() => {})],
  [35, "a startResponse that does not throw the error", startWith(() => () => Promise.resolve()), late],
  [
    35,
    "a startResponse that throws another error",
    startWith((_status: string, _headers: unknown, error: unknown) => {
      if (error !== undefined) throw new Error("another");
      return () => Promise.resolve();
    }),
    late,
  ],
  [
    41,
    "a chunk asked for behind the end",
    async (application) => {
      const { iterator } = await begin(application);
      while ((await iterator.next()).done !== true);
      await iterator.next();
    },
  ],
  [
    41,
    "a chunk asked for before the last has come",
    async (application) => {
      const { iterator } = await begin(application);
      await Promise.all([iterator.next(), iterator.next()]);
    },
    reader,
  ],
  [
    41,
    "a body iterated twice",
    async (application) => {
      const body = (await application(soundEnviron(), soundStart())) as Iterable<unknown>;
      body[Symbol.iterator]();
      body[Symbol.iterator]();
    },
  ],
  [
    42,
    "a body closed twice",
    async (application) => {
      const { close } = await begin(application);
      await close();
      await close();
    },
  ],
  [
    42,
    "a chunk asked for behind the close",
    async (application) => {
      const { iterator, close } = await begin(application);
      await close();
      await iterator.next();
    },
  ],
  [
    43,
    "another property of the body used",
    async (application) => {
      const body = (await application(soundEnviron(), soundStart())) as unknown as { next(): unknown };
      return typeof body.next;
    },
  ],
  [49, "a write that answers nothing", startWith(() => () => {}), writer],
  [54, "an encoding of a body that is decoded", environWith({ HTTP_TRANSFER_ENCODING: "chunked" })],
  [56, "a file wrapper that is no function", environWith({ "wsgi.file_wrapper": true })],
  [
    56,
    "a file wrapper that makes nothing to iterate",
    environWith({ "wsgi.file_wrapper": () => ({ close: () => {} }) }),
    files,
  ],
  [56, "a file wrapper that makes nothing to close", environWith({ "wsgi.file_wrapper": () => new Set() }), files],
];

for (const [rule, about, serve, application = hello] of planted) {
  const line = new RegExp(`^pep3333-${String(rule).padStart(2, "0")}: .`);

  test(`${about} breaks rule ${rule}: an error is thrown at the server`, async (t) => {
    const error = await t.throwsAsync(async () => serve(lint(application)), { code: "UWSGI_SERVER_CONTRACT" });
    t.true(error instanceof UwsgiError);
    t.regex(error?.message ?? "", line);
  });

  test(`${about} breaks rule ${rule}: it is reported`, async (t) => {
    const faults: LintFault[] = [];
    try {
      await serve(lint(application, { report: (fault) => faults.push(fault) }));
    } catch {
      // Such a server may fail of itself.
    }
    const [fault] = faults;
    t.like(fault, { rule, side: "server" });
    t.regex(fault?.message ?? "", line);
  });
}

test("a server that takes a head that is none breaks rule 30", async (t) => {
  const faults: LintFault[] = [];
  const application: WsgiFunction = (_, start) => {
    start("200", [["X", "a\r\nb"]]);
    return new Set(["x"]);
  };
  await serveOnce(lint(application, { report: (fault) => faults.push(fault) }));
  t.deepEqual(
    faults.map(({ rule, side }) => [rule, side]),
    [
      [27, "application"],
      [29, "application"],
      [30, "server"],
      [30, "server"],
    ],
  );
});

test("a server that never closes a body breaks rule 42, which is seen when the body is let go of", async (t) => {
  const faults: LintFault[] = [];
  const application = lint(hello, { report: (fault) => faults.push(fault) });
  // In a function of its own, which holds the body no longer than it runs.
  const leave = async (): Promise<void> => {
    const { iterator } = await begin(application);
    await iterator.next();
  };
  await leave();
  for (let i = 0; i < 10 && faults.length === 0; i++) await collectGarbage();
  t.like(faults[0], { rule: 42, side: "server" });
});

test("a server and an application that break no rule are let be", async (t) => {
  const faults: LintFault[] = [];
  for (const application of [hello, reader, writer]) {
    await serveOnce(lint(application, { report: (fault) => faults.push(fault) }));
  }
  await t.throwsAsync(() => Promise.resolve(serveOnce(lint(late, { report: (fault) => faults.push(fault) }))), {
    message: "given",
  });
  t.deepEqual(faults, []);
});
