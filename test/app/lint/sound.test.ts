/** Applications and a server that break no rule: nothing is reported, and no byte is another. */
import { openSync, writeFileSync } from "node:fs";
import test from "ava";
import { lint, type LintFault, wsgi, type WsgiApplication, type WsgiEnviron } from "../../../src/app/index.ts";
import { UwsgiError } from "../../../src/errors.ts";
import { send } from "../../helpers/http-client.ts";
import { needs } from "../../helpers/needs.ts";
import { startStack } from "../../helpers/nginx-stack.ts";
import { exchange, get, post } from "../../helpers/raw-client.ts";
import { tempFolder } from "../../helpers/temp-folder.ts";
import { startServer } from "../../helpers/test-server.ts";
import { head, type Start } from "../../helpers/wsgi-run.ts";

const nginxTest = needs("nginx");
const folder = tempFolder();
const file = folder.file("file");
writeFileSync(file, "of a file");
test.after.always(() => folder[Symbol.dispose]());

class Page {
  private readonly start: Start;

  constructor(_: WsgiEnviron, start: Start) {
    this.start = start;
  }

  *[Symbol.iterator](): Generator<string> {
    this.start("200 OK", [["X-Of", "a class"]]);
    yield "of ";
    yield "a class";
  }
}

class Site {
  private readonly name = "a site";

  application(_: WsgiEnviron, start: Start): string {
    start("200 OK", []);
    return this.name;
  }
}

/** Answers with a body. */
function answers(body: () => unknown, headers: [string, string][] = [], status = "200 OK"): WsgiApplication {
  return ((_: WsgiEnviron, start: Start) => {
    start(status, headers);
    return body();
  }) as WsgiApplication;
}

const sound: readonly (readonly [about: string, application: WsgiApplication])[] = [
  ["a string", answers(() => "hello", [["Content-Type", "text/plain"]])],
  ["bytes with a length", answers(() => Buffer.from("hello"), [["Content-Length", "5"]])],
  ["a list of one", answers(() => ["hello"])],
  ["a list", answers(() => ["hel", "", "lo"])],
  ["nothing", answers(() => null, [], "204 No Content")],
  ["a set", answers(() => new Set(["a", "b"]))],
  ["an object", new Site()],
  ["a class", Page as WsgiApplication],
  [
    "a file",
    ((environ: WsgiEnviron, start: Start) => {
      start("200 OK", []);
      return environ["wsgi.file_wrapper"](openSync(file, "r"));
    }) as WsgiApplication,
  ],
  [
    "writes",
    (async (_: WsgiEnviron, start: Start) => {
      const write = start("200 OK", []);
      await write("a");
      await write("b");
      return "c";
    }) as WsgiApplication,
  ],
  [
    "an echo in lines",
    (async (environ: WsgiEnviron, start: Start) => {
      const input = environ["wsgi.input"];
      const lines = [await input.read(1), await input.readline(2), ...(await input.readlines())];
      for await (const chunk of input) lines.push(chunk);
      environ["wsgi.errors"].writelines(["a line\n"]);
      environ["wsgi.errors"].flush();
      start("200 OK", []);
      return lines;
    }) as WsgiApplication,
  ],
  [
    "an echo by iteration",
    async function* echo(environ: WsgiEnviron, start: Start) {
      start("200 OK", []);
      yield "";
      yield* environ["wsgi.input"];
    },
  ],
  [
    "an error page behind a failure",
    ((_: WsgiEnviron, start: Start) => {
      start("200 OK", []);
      start("503 Busy", [["Retry-After", "1"]], new Error("x"));
      return "busy";
    }) as WsgiApplication,
  ],
  ["a body with close", answers(() => Object.assign(new Set(["a"]), { close: async () => {} }))],
];

const requests: readonly (readonly [about: string, request: Uint8Array])[] = [
  ["GET", get({ QUERY_STRING: "a=b", HTTP_HOST: "x" })],
  ["HEAD", head],
  ["POST", post("one\ntwo\nthree", { CONTENT_TYPE: "text/plain" })],
];

for (const [about, application] of sound) {
  for (const [method, request] of requests) {
    test(`${about}, ${method}: lint finds nothing, and the same bytes go out`, async (t) => {
      const faults: LintFault[] = [];
      await using plain = await startServer(wsgi(application));
      await using linted = await startServer(wsgi(lint(application, { report: (fault) => faults.push(fault) })));
      await using strict = await startServer(wsgi(lint(application)));
      const [expected, reported, thrown] = await Promise.all(
        [plain, linted, strict].map(async ({ address }) => (await exchange(address, request)).bytes),
      );
      t.deepEqual(faults, []);
      t.deepEqual(Buffer.from(reported ?? []).toString(), Buffer.from(expected ?? []).toString());
      t.deepEqual(Buffer.from(thrown ?? []).toString(), Buffer.from(expected ?? []).toString());
      t.deepEqual(strict.seen.errors.all, []);
    });
  }
}

for (const over of ["a unix socket", "TCP"] as const) {
  nginxTest(`our server behind nginx breaks no rule, over ${over}`, async (t) => {
    const faults: LintFault[] = [];
    const report = (fault: LintFault): number => faults.push(fault);
    const byPath = new Map(sound.map(([, application], i) => [`/${i}`, lint(application, { report })]));
    await using stack = await startStack(
      (environ, start) => {
        const application = byPath.get(environ.PATH_INFO);
        if (application === undefined) throw new UwsgiError("no such path", { code: "UWSGI_INVALID_ARGUMENT" });
        return application(environ, start);
      },
      { over },
    );
    for (const path of byPath.keys()) {
      for (const method of ["GET", "HEAD", "POST"]) {
        const body = method === "POST" ? { body: Buffer.from("one\ntwo") } : {};
        const { status } = await send({ port: stack.port, method, path, ...body });
        t.true([200, 204, 503].includes(status), `${method} ${path}: ${status}`);
      }
    }
    t.deepEqual(faults, []);
  });
}

test("lint in lint sees no fault in the other", async (t) => {
  const faults: LintFault[] = [];
  const report = (fault: LintFault): number => faults.push(fault);
  for (const [, application] of sound) {
    await using server = await startServer(wsgi(lint(lint(application, { report }), { report })));
    await exchange(server.address, post("one\ntwo"));
    await server.seen.ends.at();
  }
  t.deepEqual(faults, []);
});
