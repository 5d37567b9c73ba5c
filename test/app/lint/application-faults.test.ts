/** Each fault of an application that lint sees, planted: behind the real server. */
import test from "ava";
import { lint, type LintFault, type WsgiApplication, type WsgiEnviron, type WsgiFile } from "../../../src/app/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { get, post } from "../../helpers/raw-client.ts";
import { run, type Start } from "../../helpers/wsgi-run.ts";

type Application = (environ: WsgiEnviron, start: Start) => unknown;

/** Begins with headers that are sound but for these. */
function withHeaders(headers: unknown): Application {
  return (_, start) => {
    start("200 OK", headers as []);
    return "";
  };
}

function returns(body: () => unknown, headers: [string, string][] = [], status = "200 OK"): Application {
  return (_, start) => {
    start(status, headers);
    return body();
  };
}

/** Uses the environ wrongly before it answers. */
function acts(act: (environ: WsgiEnviron) => unknown): Application {
  return async (environ, start) => {
    await act(environ);
    start("200 OK", []);
    return "";
  };
}

function* chunks(...all: readonly unknown[]): Generator {
  yield* all;
}

const tooLong = [["Content-Length", "2"]] as [string, string][];
const tooShort = [["Content-Length", "9"]] as [string, string][];

const planted: readonly (readonly [rule: number, about: string, application: Application])[] = [
  [4, "a status above U+00FF", (_, start) => start("200 €", [])],
  [4, "a header value above U+00FF", withHeaders([["X", "€"]])],
  [19, "a size that is text", acts((environ) => environ["wsgi.input"].read("5" as never))],
  [19, "a size that is no whole number", acts((environ) => environ["wsgi.input"].readline(1.5))],
  [
    19,
    "two arguments to read",
    acts((environ) => (environ["wsgi.input"].read as (...all: unknown[]) => unknown)(1, 2)),
  ],
  [
    19,
    "a read while another waits",
    acts((environ) => Promise.all([environ["wsgi.input"].read(1), environ["wsgi.input"].read(1)])),
  ],
  [24, "wsgi.input closed", acts((environ) => (environ["wsgi.input"] as unknown as { close(): void }).close())],
  [25, "a number written to wsgi.errors", acts((environ) => environ["wsgi.errors"].write(5 as never))],
  [25, "nothing written to wsgi.errors", acts((environ) => (environ["wsgi.errors"].write as () => void)())],
  [25, "writelines of a text", acts((environ) => environ["wsgi.errors"].writelines("text"))],
  [25, "writelines of a number", acts((environ) => environ["wsgi.errors"].writelines([5] as never))],
  [25, "writelines of what does not iterate", acts((environ) => environ["wsgi.errors"].writelines(null as never))],
  [25, "wsgi.errors closed", acts((environ) => (environ["wsgi.errors"] as unknown as { close(): void }).close())],
  [26, "startResponse without headers", (_, start) => (start as (status: string) => unknown)("200 OK")],
  [27, "a status without a reason's space", (_, start) => start("200", [])],
  [27, "a status that is a number", (_, start) => start(200 as never, [])],
  [27, "a status of 100", (_, start) => start("100 Continue", [])],
  [27, "a reason with a line end", (_, start) => start("200 OK\r\nX: y", [])],
  [28, "headers that are no list", withHeaders(new Map([["X", "y"]]))],
  [28, "a header that is no pair", withHeaders([["X"]])],
  [28, "a header name with a blank", withHeaders([["X Y", "z"]])],
  [28, "a header value that is a number", withHeaders([["X", 5]])],
  [28, "a header Status", withHeaders([["Status", "200"]])],
  [29, "a header value with a line end", withHeaders([["X", "a\r\nb"]])],
  [31, "a header Connection", withHeaders([["Connection", "close"]])],
  [
    34,
    "startResponse called twice",
    (_, start) => {
      start("200 OK", []);
      start("200 OK", []);
      return "";
    },
  ],
  [38, "a body that is a number", returns(() => 5)],
  [38, "a list of numbers", returns(() => [5])],
  [38, "a generator of numbers", returns(() => chunks(5))],
  [39, "no startResponse and no body", () => null],
  [39, "no startResponse and a body that ends at once", () => chunks()],
  [40, "a body without startResponse", () => "early"],
  [
    40,
    "a chunk before startResponse",
    function* early(_, start) {
      yield "early";
      start("200 OK", []);
    },
  ],
  [44, "a Content-Length that is none", withHeaders([["Content-Length", "5 bytes"]])],
  [
    44,
    "two Content-Length",
    withHeaders([
      ["Content-Length", "0"],
      ["content-length", "0"],
    ]),
  ],
  [45, "a body longer than its Content-Length", returns(() => "abc", tooLong)],
  [45, "chunks longer than their Content-Length", returns(() => chunks("ab", "c"), tooLong)],
  [46, "a body shorter than its Content-Length", returns(() => "abc", tooShort)],
  [46, "chunks shorter than their Content-Length", returns(() => chunks("ab", "c"), tooShort)],
  [47, "a body under 204", returns(() => "abc", [], "204 No Content")],
  [47, "chunks under 304", returns(() => chunks("abc"), [], "304 Not Modified")],
  [
    49,
    "write with two arguments",
    (_, start) => {
      void (start("200 OK", []) as (...all: string[]) => unknown)("a", "b");
      return null;
    },
  ],
  [56, "a file wrapper without a file", acts((environ) => (environ["wsgi.file_wrapper"] as () => unknown)())],
];

for (const [rule, about, application] of planted) {
  const line = new RegExp(`^pep3333-${String(rule).padStart(2, "0")}: .`);

  test(`${about} breaks rule ${rule}: an error is thrown at the application, or the server has it from the body`, async (t) => {
    const { seen } = await run(lint(application as WsgiApplication), post("abc"));
    const { error } = await seen.errors.at();
    t.is(errorCode(error), "UWSGI_APP_CONTRACT");
    t.regex((error as Error).message, line);
  });

  test(`${about} breaks rule ${rule}: it is reported`, async (t) => {
    const faults: LintFault[] = [];
    await run(lint(application as WsgiApplication, { report: (fault) => faults.push(fault) }), post("abc"));
    t.like(faults[0], { rule, side: "application" });
    t.regex(faults[0]?.message ?? "", line);
    t.deepEqual(
      faults.filter(({ side }) => side === "server"),
      [],
    );
  });
}

test("a write behind the end of the answer breaks rule 49", async (t) => {
  const faults: LintFault[] = [];
  let late: ReturnType<Start> | undefined;
  const application: Application = (_, start) => {
    late = start("200 OK", []);
    return chunks("a");
  };
  await run(lint(application as WsgiApplication, { report: (fault) => faults.push(fault) }));
  await t.throwsAsync(async () => late?.("more"), { code: "UWSGI_APP_CONTRACT" });
  t.deepEqual(
    faults.map(({ rule, side }) => [rule, side]),
    [[49, "application"]],
  );
});

test("what breaks no rule but is not the whole truth either passes: HEAD without the body that GET has", async (t) => {
  const faults: LintFault[] = [];
  const application = returns(() => "", [["Content-Length", "100"]]);
  await run(
    lint(application as WsgiApplication, { report: (fault) => faults.push(fault) }),
    get({ REQUEST_METHOD: "HEAD" }),
  );
  t.deepEqual(faults, []);
});

test("what the wrapper refuses is still refused", async (t) => {
  const { seen } = await run(lint((environ) => environ["wsgi.file_wrapper"](null as unknown as WsgiFile)));
  t.is(errorCode((await seen.errors.at()).error), "UWSGI_INVALID_ARGUMENT");
});

for (const application of [null, {}, "text"]) {
  test(`lint of ${JSON.stringify(application)} is refused as the server would`, (t) => {
    t.throws(() => lint(application as unknown as WsgiApplication), { code: "UWSGI_APP_CONTRACT" });
  });
}
