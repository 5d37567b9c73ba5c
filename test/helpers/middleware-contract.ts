/**
 * What every middleware has to leave as it is, in every interface and over both transports. Each middleware's own test
 * declares it:
 *
 *     middlewareContract("compress", () => [compress()], { headers: [["Accept-Encoding", "gzip"]] });
 */
import { pipeline, Readable } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { type Response, sendRequest as request } from "../../src/client/index.ts";
import type { Header } from "../../src/codec/index.ts";
import { varsFromHttp } from "../../src/environ/index.ts";
import { asWsgi, lint, wsgi } from "../../src/app/index.ts";
import { asHandler, type DirectHandler, type Handler, type Middleware, surround } from "../../src/handler/index.ts";
import { type HandlerFault, lintLayers } from "../../src/middleware/inspect/index.ts";
import { Backstage, BINARY, contractApp, type Interface, interfaces, LARGE } from "./contract-apps.ts";
import { decode, decoder } from "./codings.ts";
import { startServer, type TestServer } from "./test-server.ts";

export interface ContractOptions {
  /** Sent with every request: what makes the middleware do its work, and lets the request pass. */
  readonly headers?: readonly Header[];
  /** The status of a failure before the head. Default 500. */
  readonly failureStatus?: number;
  /** True: the client is shown what has failed. */
  readonly isFailureShown?: boolean;
  /** More vars, as a front end would send them. */
  readonly vars?: Readonly<Record<string, string>>;
}

/** Declares the contract for one middleware, or several together. `make` is called for each server. */
export function middlewareContract(
  title: string,
  make: () => readonly Middleware[],
  options: ContractOptions = {},
): void {
  for (const { name, how, isLinted } of [
    ...interfaces.map((one) => ({ name: one, how: `a ${one} application`, isLinted: false })),
    // What comes of it is a WSGI application too, and breaks no rule of one.
    { name: "wsgi" as const, how: "a wsgi application, and is one", isLinted: true },
  ]) {
    for (const transport of ["direct", "net"] as const) {
      test(`${title} keeps the contract around ${how}, by ${transport}`, async (t) => {
        const stage = new Backstage();
        const faults: HandlerFault[] = [];
        const list = make();
        // Without middleware an application is asked directly: it goes on being.
        const checks = list.length === 0 ? [] : [lintLayers({ report: (fault) => faults.push(fault) })];
        const surrounded = surround(contractApp(name, stage), [...checks, ...list]);
        const handler = isLinted ? linted(surrounded, stage) : surrounded;
        await using server = await startServer(handler, { transport, graceMs: 2_000 });
        const asking = new Asking(server, options);
        await wholeAnswers(t, asking, name);
        await streams(t, asking, stage);
        await failures(t, asking, server, stage, options);
        await leaving(t, asking, stage);
        await together(t, asking);
        await stage.settled();
        t.deepEqual(stage.faults, []);
        t.deepEqual(faults, []);
        t.deepEqual(server.seen.refused.all, []);
      });
    }
  }
}

function linted(handler: Handler | DirectHandler, stage: Backstage): Handler {
  const called = typeof handler === "function" ? handler : asHandler(handler);
  return wsgi(lint(asWsgi(called), { report: (fault) => stage.faults.push(fault) }));
}

interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  /** Decoded. */
  readonly body: Buffer;
}

class Asking {
  private readonly server: TestServer;
  private readonly options: ContractOptions;

  constructor(server: TestServer, options: ContractOptions) {
    this.server = server;
    this.options = options;
  }

  async begin(method: string, target: string, body?: Uint8Array, signal?: AbortSignal): Promise<Response> {
    const { headers = [], vars = {} } = this.options;
    const length: Header[] = body === undefined ? [] : [["Content-Length", String(body.length)]];
    const sent = varsFromHttp({
      method,
      target,
      httpVersion: "1.1",
      headers: [["Host", "localhost"], ...headers, ...length],
      scheme: "http",
      remoteAddress: "127.0.0.1",
      remotePort: 49_152,
      serverName: "localhost",
      serverPort: 80,
    });
    return request(this.server.address, {
      vars: [...sent, ...Object.entries(vars)],
      isHead: method === "HEAD",
      ...(body === undefined ? {} : { body: Readable.from([body]) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async ask(method: string, target: string, sent?: Uint8Array): Promise<Answer> {
    const { status, headers, body } = await this.begin(method, target, sent);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { status, headers, body: decoded(headers, Buffer.concat(chunks)) };
  }
}

function valueOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find(([header]) => header.toLowerCase() === name)?.[1];
}

function decoded(headers: readonly Header[], body: Buffer): Buffer {
  const coding = valueOf(headers, "content-encoding");
  return coding === undefined || body.length === 0 ? body : decode(coding, body);
}

async function wholeAnswers(t: ExecutionContext, asking: Asking, name: Interface): Promise<void> {
  const text = await asking.ask("GET", "/text?a=b");
  t.deepEqual([text.status, text.body.toString(), valueOf(text.headers, "x-app")], [200, "hello a=b", "yes"]);
  const head = await asking.ask("HEAD", "/text");
  t.deepEqual([head.status, head.body.length, valueOf(head.headers, "x-app")], [200, 0, "yes"], "HEAD");
  const large = await asking.ask("GET", "/large");
  t.is(large.body.toString(), LARGE);
  // A HEAD has the headers of a GET, as far as it has them (RFC 9110 9.3.2).
  const largeHead = await asking.ask("HEAD", "/large");
  for (const key of ["content-encoding", "content-length"]) {
    const value = valueOf(largeHead.headers, key);
    if (value !== undefined) t.is(valueOf(large.headers, key), value, `HEAD ${key}`);
  }
  t.deepEqual((await asking.ask("GET", "/binary")).body, Buffer.from(BINARY));
  const empty = await asking.ask("GET", "/empty");
  t.deepEqual([empty.status, empty.body.length, valueOf(empty.headers, "content-length")], [204, 0, undefined]);
  const same = await asking.ask("GET", "/not-modified");
  t.deepEqual([same.status, same.body.length], [304, 0]);
  t.regex(valueOf(same.headers, "etag") ?? "", /^(?:W\/)?"one"$/);
  t.is((await asking.ask("GET", "/nowhere")).status, 404);
  const upload = await asking.ask("POST", "/upload", new Uint8Array(300_000));
  t.is(upload.body.toString(), "300000 bytes", `upload to ${name}`);
}

async function streams(t: ExecutionContext, asking: Asking, stage: Backstage): Promise<void> {
  const stream = await asking.ask("GET", "/stream");
  t.is(
    stream.body.length,
    Array.from({ length: 20 }, (_, i) => `piece ${i} `.length + 3_001).reduce((a, b) => a + b),
  );
  await asking.ask("HEAD", "/stream");
  await stage.settled();
  // Each event reaches the client before the next is asked for.
  const { headers, body } = await asking.begin("GET", "/events");
  const source = Readable.from(body);
  const plain = pipeline(source, decoder(valueOf(headers, "content-encoding") ?? "identity"), () => {});
  let text = "";
  let seen = 0;
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (!text.includes(`data: ${seen}\n\n`)) continue;
    if (++seen === 3) break;
    stage.emit("ask");
  }
  source.destroy();
  t.is(text, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
  // The client has left.
  await stage.settled();
}

async function failures(
  t: ExecutionContext,
  asking: Asking,
  { seen }: TestServer,
  stage: Backstage,
  { failureStatus: status = 500, isFailureShown = false }: ContractOptions,
): Promise<void> {
  const before = seen.errors.all.length;
  const failed = await asking.ask("GET", "/fail");
  t.is(failed.status, status);
  t.is(failed.body.toString().includes("planted"), isFailureShown);
  const reported = await seen.errors.at(before);
  t.deepEqual([reported.outcome, reported.status], ["answered", status]);
  t.regex(String(reported.error), /planted before the head/);
  const late = await asking.begin("GET", "/fail-late");
  t.is(late.status, 200);
  try {
    for await (const _ of late.body) stage.emit("ask");
  } catch {
    // Over TCP it is reset.
  }
  const broken = await seen.errors.at(before + 1);
  t.regex(String(broken.error), /planted behind the head/);
  t.true(["broken-off", "unsignalled"].includes(broken.outcome), broken.outcome);
  t.is(seen.errors.all.length, before + 2, "each failure is reported once");
  await stage.settled();
}

/** A client that goes away in the middle: the application hears of it, and its body is closed. */
async function leaving(t: ExecutionContext, asking: Asking, stage: Backstage): Promise<void> {
  const leave = new AbortController();
  const { body } = await asking.begin("GET", "/events", undefined, leave.signal);
  const reading = (async () => {
    for await (const _ of body) leave.abort();
  })();
  t.is(await t.throwsAsync(reading, { any: true }), leave.signal.reason, "it rejects by the reason of the signal");
  await stage.settled();
}

async function together(t: ExecutionContext, asking: Asking): Promise<void> {
  const numbers = Array.from({ length: 40 }, (_, i) => i);
  const answers = await Promise.all(numbers.map(async (i) => (await asking.ask("GET", `/text?${i}`)).body.toString()));
  t.deepEqual(
    answers,
    numbers.map((i) => `hello ${i}`),
  );
}
