/** One application in three interfaces, for what must be the same in all of them. Paths choose what it does. */
import { EventEmitter, once } from "node:events";
import { asHandler, type DirectHandler, type Handler } from "../../src/handler/index.ts";
import { fetchHandler, lint, type LintFault, nodeHandler, wsgi } from "../../src/app/index.ts";
import type { WsgiEnviron, WsgiFunction } from "../../src/index.ts";

/** What an application answers with, before it is said in the words of an interface. */
interface Said {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array | null | AsyncIterable<Uint8Array>;
}

/** What applications and test tell each other. Events: `ask` releases the next event of /events. */
export class Backstage extends EventEmitter {
  /** How often `ask` was emitted: it may come before the application waits for it. */
  asked = 0;
  /** Bodies that were begun, and those that have ended, however. */
  begun = 0;
  ended = 0;
  /** Rules that either side has broken, seen by `lint`. */
  readonly faults: LintFault[] = [];

  constructor() {
    super();
    this.on("ask", () => this.asked++);
  }

  /** Resolves when it was asked so often. Rejects when `signal` fires before. */
  async untilAsked(times: number, signal?: AbortSignal): Promise<void> {
    while (this.asked < times) await once(this, "ask", signal === undefined ? {} : { signal });
  }

  /** Resolves when all bodies that were begun have ended. */
  async settled(): Promise<void> {
    while (this.ended < this.begun) await once(this, "ended");
  }
}

export const LARGE: string = "All work and no play makes Jack a dull boy.\n".repeat(5_000);
export const BINARY: Uint8Array = Uint8Array.from({ length: 4_096 }, (_, i) => (i * 7) & 0xff);
const TEXT = "text/plain; charset=utf-8";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What is asked of an application. */
interface Asked {
  readonly path: string;
  readonly query: string;
  readonly signal: AbortSignal;
  read(): Promise<Uint8Array>;
}

async function answer(asked: Asked, stage: Backstage): Promise<Said> {
  const { path, query } = asked;
  const said = (body: Said["body"], type = TEXT, status = 200): Said => ({
    status,
    headers: [
      ["Content-Type", type],
      ["X-App", "yes"],
    ],
    body,
  });
  switch (path) {
    case "/text":
      return said(`hello ${query}`);
    case "/empty":
      return { status: 204, headers: [["X-App", "yes"]], body: null };
    case "/not-modified":
      return {
        status: 304,
        headers: [
          ["ETag", '"one"'],
          ["X-App", "yes"],
        ],
        body: null,
      };
    case "/large":
      return said(LARGE);
    case "/binary":
      return said(BINARY, "application/octet-stream");
    case "/stream":
      return said(tracked(stage, pieces()));
    case "/events":
      return said(tracked(stage, events(stage, asked.signal)), "text/event-stream");
    case "/upload": {
      const body = await asked.read();
      return said(`${body.length} bytes`);
    }
    case "/fail":
      throw new Error("planted before the head");
    case "/fail-late":
      return said(tracked(stage, breaking(stage)));
    default:
      return said("not here", TEXT, 404);
  }
}

async function* pieces(): AsyncGenerator<Uint8Array, void> {
  for (let i = 0; i < 20; i++) yield bytes(`piece ${i} ${"x".repeat(3_000)}\n`);
}

/** An event for each time that it is asked for one, until the client is gone. */
async function* events(stage: Backstage, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const before = stage.asked;
  for (let i = 0; ; i++) {
    yield bytes(`data: ${i}\n\n`);
    await stage.untilAsked(before + i + 1, signal);
  }
}

/** Breaks when it is asked for more. Its chunk is large, so that whoever gathers hands it on. */
async function* breaking(stage: Backstage): AsyncGenerator<Uint8Array, void> {
  const before = stage.asked;
  yield Uint8Array.from({ length: 200_000 }, (_, i) => (i * i * 7919) >> 5);
  await stage.untilAsked(before + 1);
  throw new Error("planted behind the head");
}

/** Counts the end of a body, whichever it is. */
async function* tracked(stage: Backstage, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  stage.begun++;
  try {
    yield* body;
  } finally {
    stage.ended++;
    stage.emit("ended");
  }
}

export const interfaces = ["wsgi", "node", "fetch"] as const;
export type Interface = (typeof interfaces)[number];

/** The application in the words of an interface; the WSGI one under `lint`. */
export function contractApp(name: Interface, stage: Backstage): Handler {
  if (name === "wsgi") return wsgi(lint(wsgiApp(stage), { report: (fault) => stage.faults.push(fault) }));
  return name === "node" ? asHandler(nodeApp(stage)) : fetchApp(stage);
}

function wsgiApp(stage: Backstage): WsgiFunction {
  return async (environ: WsgiEnviron, startResponse) => {
    const asked = {
      path: environ.PATH_INFO,
      query: environ.QUERY_STRING,
      signal: environ["uisge.request"].signal,
      read: () => environ["wsgi.input"].read(),
    };
    const { status, headers, body } = await answer(asked, stage);
    startResponse(`${status} Said`, headers);
    return body;
  };
}

function nodeApp(stage: Backstage): DirectHandler {
  return nodeHandler(async (req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    const gone = new AbortController();
    res.once("close", () => gone.abort());
    const read = async (): Promise<Uint8Array> => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of req) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    };
    const asked = { path: url.pathname, query: url.search.slice(1), signal: gone.signal, read };
    const { status, headers, body } = await answer(asked, stage);
    res.writeHead(status, Object.fromEntries(headers));
    if (body === null || typeof body === "string" || body instanceof Uint8Array) {
      res.end(body);
      return;
    }
    for await (const chunk of body) {
      if (!res.write(chunk)) await once(res, "drain", { signal: gone.signal });
    }
    res.end();
  });
}

function fetchApp(stage: Backstage): Handler {
  return fetchHandler(async (request) => {
    const url = new URL(request.url);
    const read = async (): Promise<Uint8Array> => new Uint8Array(await request.arrayBuffer());
    const asked = { path: url.pathname, query: url.search.slice(1), signal: request.signal, read };
    const { status, headers, body } = await answer(asked, stage);
    const init = { status, headers: headers.map(([key, value]): [string, string] => [key, value]) };
    const isPlain = body === null || typeof body === "string" || body instanceof Uint8Array;
    return new Response((isPlain ? body : streamOf(body)) as BodyInit | null, init);
  });
}

function streamOf(body: AsyncIterable<Uint8Array>): unknown {
  return (ReadableStream as unknown as { from(body: AsyncIterable<Uint8Array>): unknown }).from(body);
}
