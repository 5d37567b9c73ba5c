/** What `node:http` is the measure of: the same listener behind both servers, and the same answers. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import test from "ava";
import { startBoth } from "../../helpers/both-servers.ts";
import { type HttpRequest, send } from "../../helpers/http-client.ts";

/** Rule, listener, and what is asked; a length that Node leaves to chunks is not compared. */
const cases: readonly (readonly [rule: string, listener: RequestListener, request?: Omit<HttpRequest, "port">])[] = [
  ["text that is given whole", (_, res) => void res.end("tea")],
  ["text beyond ASCII", (_, res) => void res.end("th\u00e9 \u8336")],
  ["text in latin-1", (_, res) => void res.end("th\u00e9", "latin1")],
  ["text in base64", (_, res) => void res.end("dGVh", "base64")],
  ["bytes that are given whole", (_, res) => void res.end(Buffer.from([0, 1, 254, 255]))],
  ["a view into a larger buffer", (_, res) => void res.end(new Uint8Array([1, 116, 101, 97, 2]).subarray(1, 4))],
  ["no body", (_, res) => void res.end()],
  [
    "parts of all kinds, one behind the other",
    (_, res) => {
      res.write("a");
      res.write(Buffer.from("b"));
      res.write("\u00e9");
      res.write("c", "latin1");
      res.end("d");
    },
  ],
  [
    "parts that come later",
    async (_, res) => {
      for (const part of ["a", "b", "c"]) {
        res.write(part);
        await new Promise(setImmediate);
      }
      res.end();
    },
  ],
  [
    "a status, a reason and headers at once",
    (_, res) => void res.writeHead(418, "Short", { "X-A": "1", "Set-Cookie": ["a=1", "b=2"] }).end("x"),
  ],
  ["a flat list of headers", (_, res) => void res.writeHead(200, ["X-A", "1", "X-A", "2"]).end()],
  [
    "headers of both kinds",
    (_, res) => {
      res.setHeader("X-A", 1);
      res.appendHeader("X-B", "2").appendHeader("X-B", "3");
      res.writeHead(201, { "X-A": "4", "X-C": "5" }).end("x");
    },
  ],
  [
    "a header value with blanks around and bytes beyond ASCII",
    (_, res) => void res.writeHead(200, { "X-A": " \u00e9 " }).end(),
  ],
  [
    "a header that was taken back",
    (_, res) => {
      res.setHeader("X-A", "1");
      res.removeHeader("x-a");
      res.end("x");
    },
  ],
  ["a Content-Length of the application", (_, res) => void res.writeHead(200, { "Content-Length": "3" }).end("tea")],
  ["HEAD", (_, res) => void res.writeHead(200, { "Content-Length": "3" }).end("tea"), { method: "HEAD" }],
  ["204", (_, res) => void res.writeHead(204).end("no")],
  ["304", (_, res) => void res.writeHead(304, { ETag: '"x"' }).end("no")],
  [
    "a head that is flushed",
    (_, res) => {
      res.flushHeaders();
      setImmediate(() => res.end("late"));
    },
  ],
  [
    "what is corked",
    (_, res) => {
      res.cork();
      res.write("a");
      res.write("b");
      res.uncork();
      res.end();
    },
  ],
  [
    "a stream",
    (_, res) =>
      void pipeline(Readable.from([Buffer.alloc(70_000, "a"), "b", Buffer.alloc(200_000, "c")]), res, () => {}),
  ],
  [
    "an empty write between",
    (_, res) => {
      res.write("");
      res.write("a");
      res.write("");
      res.end("");
    },
  ],
  [
    "what the request says",
    (req, res) => {
      const { method, url, httpVersion, httpVersionMajor, complete, aborted, upgrade, readable, trailers } =
        req as IncomingMessage & { upgrade: unknown };
      res.end(
        JSON.stringify({
          method,
          url,
          httpVersion,
          httpVersionMajor,
          complete,
          aborted,
          upgrade: Boolean(upgrade),
          readable,
          trailers,
          host: typeof req.headers.host,
          a: req.headers["x-a"],
          cookie: req.headers.cookie,
          distinct: req.headersDistinct["x-a"],
        }),
      );
    },
    {
      method: "PUT",
      path: "/a%2Fb//c?d=%20&e",
      headers: [
        ["X-A", "1"],
        ["Cookie", "a=1"],
        ["Cookie", "b=2"],
      ],
      body: Buffer.from("x"),
    },
  ],
  [
    "an upload that is piped back",
    (req, res) => void req.pipe(res),
    { method: "POST", body: Buffer.alloc(300_000, "u") },
  ],
  [
    "an upload that is iterated",
    async (req, res) => {
      let bytes = 0;
      for await (const chunk of req as AsyncIterable<Buffer>) bytes += chunk.length;
      res.end(String(bytes));
    },
    { method: "POST", body: Buffer.alloc(300_000) },
  ],
  [
    "an upload that is set to text",
    (req, res) => {
      let text = "";
      req
        .setEncoding("utf8")
        .on("data", (part: string) => (text += part))
        .on("end", () => res.end(`${text}${req.complete}`));
    },
    { method: "POST", body: Buffer.from("th\u00e9") },
  ],
  [
    "an upload that is read by hand",
    (req, res) => {
      const parts: Buffer[] = [];
      req.on("readable", () => {
        for (let part = req.read() as Buffer | null; part !== null; part = req.read() as Buffer | null)
          parts.push(part);
      });
      req.on("end", () => res.end(Buffer.concat(parts)));
    },
    { method: "POST", body: Buffer.alloc(100_000, "r") },
  ],
  ["an upload that nobody reads", (_, res) => void res.end("no"), { method: "POST", body: Buffer.alloc(100_000) }],
  [
    "an early answer, and an upload that is read to its end",
    (req, res) => {
      let bytes = 0;
      req.on("data", (chunk: Buffer) => (bytes += chunk.length));
      req.on("end", () => res.end(String(bytes)));
      res.write("early ");
    },
    { method: "POST", body: Buffer.alloc(200_000) },
  ],
  [
    "no body, iterated",
    async (req, res) => {
      for await (const chunk of req) res.write(chunk);
      res.end("none");
    },
  ],
];

for (const [rule, listener, request = {}] of cases) {
  test(`the answer is that of node:http: ${rule}`, async (t) => {
    await using both = await startBoth(listener);
    const [theirs, ours] = await both.ask(request);
    t.deepEqual(ours, theirs);
    t.deepEqual(both.ours.seen.errors.all, []);
  });
}

/** Names of events and states, in order, as a listener notes them. */
const orders: readonly (readonly [
  rule: string,
  run: (note: (text: string) => void, req: IncomingMessage, res: ServerResponse) => void,
  body?: Buffer,
])[] = [
  [
    "an answer at once",
    (note, _, res) => {
      res.end("x", () => note("end"));
      note(`ended ${res.writableEnded}`);
      process.nextTick(() => note("tick"));
    },
  ],
  [
    "an answer in parts",
    (note, _, res) => {
      res.write("a", () => note("written"));
      setImmediate(() => res.end());
    },
  ],
  [
    "an upload that is read",
    (note, req, res) => {
      req.on("end", () => {
        note(`complete ${req.complete}`);
        res.end();
      });
      req.resume();
    },
    Buffer.alloc(100),
  ],
  ["an upload that is not read", (_note, _req, res) => void res.end("x"), Buffer.alloc(100)],
  [
    "headers behind the head",
    (note, _, res) => {
      res.writeHead(200);
      for (const late of [() => res.setHeader("a", "b"), () => res.writeHead(200), () => res.removeHeader("a")]) {
        try {
          late();
          note("done");
        } catch (error) {
          note(String((error as { code?: string }).code));
        }
      }
      note(`sent ${res.headersSent}`);
      res.end();
    },
  ],
  [
    "headers that are none",
    (note, _, res) => {
      const bad: (() => void)[] = [
        () => res.setHeader("a b", "c"),
        () => res.setHeader("a", "b\r\nc: d"),
        () => res.writeHead(200, { "a b": "c" }),
        () => res.writeHead(200, { a: "b\u0100" }),
        () => res.writeHead(200, { a: undefined as unknown as string }),
        () => res.writeHead(99),
        () => res.writeHead(200, "a\nb"),
      ];
      for (const attempt of bad) {
        try {
          attempt();
          note("done");
        } catch (error) {
          note(String((error as { code?: string }).code));
        }
      }
      res.statusMessage = "OK";
      res.end();
    },
  ],
  [
    "a write behind the end",
    (note, _, res) => {
      res.on("error", (error: NodeJS.ErrnoException) => note(String(error.code)));
      res.end("x");
      note(String(res.write("y")));
    },
  ],
  [
    "null as a chunk",
    (note, _, res) => {
      try {
        res.write(null);
      } catch (error) {
        note(String((error as { code?: string }).code));
      }
      res.end();
    },
  ],
];

for (const [rule, run, body] of orders) {
  test(`events and states come in the order of node:http: ${rule}`, async (t) => {
    const notes: string[][] = [];
    const ends: Promise<unknown>[] = [];
    await using both = await startBoth((req, res) => {
      const own: string[] = [];
      notes.push(own);
      const note = (text: string): void => void own.push(text);
      for (const event of ["end", "close", "aborted"]) req.on(event, () => note(`req ${event}`));
      for (const event of ["finish", "close", "drain"]) res.on(event, () => note(`res ${event} ${res.destroyed}`));
      for (const part of [req, res]) ends.push(new Promise((resolve) => part.on("close", resolve)));
      run(note, req, res);
    });
    const seen: string[][] = [];
    for (const port of both.ports) {
      await send({ port, ...(body === undefined ? {} : { method: "POST", body }) });
      await Promise.all(ends);
      seen.push(notes.pop() ?? []);
    }
    const sorted = (own: readonly string[] | undefined): [string[], string[]] => [
      (own ?? []).filter((text) => !text.startsWith("req ")),
      (own ?? []).filter((text) => text.startsWith("req ")),
    ];
    // How the two interleave is chance in Node too.
    t.deepEqual(sorted(seen[1]), sorted(seen[0]));
  });
}
