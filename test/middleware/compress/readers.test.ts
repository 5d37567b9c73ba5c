/** Clients that we did not write read what was compressed, behind a front end. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import test from "ava";
import { formatAddress } from "../../../src/connection/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import type { Handler } from "../../../src/handler/index.ts";
import { compress } from "../../../src/middleware/compress/index.ts";
import { domOf } from "../../helpers/browser.ts";
import { codings, decode, decoder } from "../../helpers/codings.ts";
import { open, send } from "../../helpers/http-client.ts";
import { needs } from "../../helpers/needs.ts";
import { startHandlerStack } from "../../helpers/nginx-stack.ts";
import { startServer } from "../../helpers/test-server.ts";

const run = promisify(execFile);
const LINE = "t\u00e9a and biscuits, all day long\n";
const WHOLE = LINE.repeat(2_000);
const MEGABYTES = 10;

async function* large(): AsyncGenerator<string, void> {
  for (let i = 0; i < MEGABYTES; i++) yield "0123456789abcdef".repeat(65_536);
}

const application: Handler = ({ environ }) => ({
  status: 200,
  headers: [["Content-Type", "text/plain; charset=utf-8"]],
  body: environ.PATH_INFO === "/large" ? large() : WHOLE,
});

async function served(handler: Handler): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = await startServer(handler);
  const bridge = await HttpBridge.listen({ to: formatAddress(server.address) });
  return {
    port: bridge.port,
    [Symbol.asyncDispose]: async () => {
      await bridge.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

needs("curl")("curl --compressed reads a whole answer, and a stream of 10 MB", async (t) => {
  await using front = await served(compress()(application));
  const url = `http://127.0.0.1:${front.port}`;
  const whole = await run("curl", ["-sS", "--compressed", "--include", `${url}/`]);
  const [head = "", body] = whole.stdout.split("\r\n\r\n");
  t.is(body, WHOLE);
  t.regex(head, /^content-encoding: (?:zstd|br|gzip)\r$/im);
  const stream = await run("curl", [
    "-sS",
    "--compressed",
    "-w",
    "%{size_download}",
    "-o",
    "/dev/null",
    `${url}/large`,
  ]);
  // What came over the wire: curl has undone it.
  t.true(Number(stream.stdout) > 0 && Number(stream.stdout) < MEGABYTES * 100_000, stream.stdout);
});

needs("python3")("Python's gzip reads a whole answer, and a stream of 10 MB", async (t) => {
  await using front = await served(compress()(application));
  const program = `
import gzip, sys, urllib.request
for path in ("/", "/large"):
    request = urllib.request.Request("http://127.0.0.1:" + sys.argv[1] + path, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        print(answer.headers["Content-Encoding"], answer.headers["Vary"], len(gzip.decompress(answer.read())))
`;
  const { stdout } = await run("python3", ["-c", program, String(front.port)]);
  t.deepEqual(stdout.trim().split("\n"), [
    `gzip Accept-Encoding ${Buffer.byteLength(WHOLE)}`,
    `gzip Accept-Encoding ${MEGABYTES * 1_048_576}`,
  ]);
});

needs("chromium")("a browser shows a page that came compressed", async (t) => {
  let coding: unknown;
  const page: Handler = ({ environ }) => {
    coding = environ["HTTP_ACCEPT_ENCODING"];
    return { status: 200, headers: [["Content-Type", "text/html; charset=utf-8"]], body: `<p>${WHOLE}</p>` };
  };
  await using front = await served(compress()(page));
  const url = `http://127.0.0.1:${front.port}/`;
  const dom = await domOf(t, url);
  t.true(dom.includes(`<p>${WHOLE}</p>`));
  const same = await send({ port: front.port, headers: [["Accept-Encoding", String(coding)]] });
  t.regex(String(same.headers.get("content-encoding")), /^(?:zstd|br|gzip)$/);
});

test("fetch reads it as a browser does, and never sees the coding", async (t) => {
  await using front = await served(compress()(application));
  const answer = await fetch(`http://127.0.0.1:${front.port}/`);
  t.regex(answer.headers.get("Content-Encoding") ?? "", /^(?:br|gzip)$/);
  t.is(await answer.text(), WHOLE);
});

/** Three events, each made when the one before has been read. */
function events(): { readonly handler: Handler; hear(): void } {
  const heard: (() => void)[] = [];
  const body = async function* (): AsyncGenerator<string, void> {
    for (let i = 0; i < 3; i++) {
      const hearing = new Promise<void>((resolve) => heard.push(resolve));
      yield `data: ${i}\n\n`;
      await hearing;
    }
  };
  return {
    handler: () => ({
      status: 200,
      headers: [
        ["Content-Type", "text/event-stream"],
        ["X-Accel-Buffering", "no"],
      ],
      body: body(),
    }),
    hear: () => heard.shift()?.(),
  };
}

async function readEvents(port: number, coding: string, hear: () => void): Promise<string> {
  const message = await open({ port, headers: [["Accept-Encoding", coding]] });
  if (message.headers["content-encoding"] !== coding) throw new Error(`it is ${message.headers["content-encoding"]}`);
  const plain = message.pipe(decoder(coding));
  let text = "";
  let seen = 0;
  for await (const piece of plain) {
    text += String(piece);
    while (text.includes(`data: ${seen}\n\n`)) {
      seen++;
      hear();
    }
  }
  return text;
}

for (const coding of codings) {
  test(`each event is read before the next is made, by ${coding} through our bridge`, async (t) => {
    const { handler, hear } = events();
    await using front = await served(compress()(handler));
    t.is(await readEvents(front.port, coding, hear), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
  });

  needs("nginx")(`each event is read before the next is made, by ${coding} through nginx`, async (t) => {
    const { handler, hear } = events();
    await using front = await startHandlerStack(compress()(handler));
    t.is(await readEvents(front.port, coding, hear), "data: 0\n\ndata: 1\n\ndata: 2\n\n");
  });
}

/** As `docs/middleware/compress.md` has it. */
const GZIP = "gzip on; gzip_types text/plain application/json; gzip_min_length 1024; gzip_vary on;";

needs("nginx")("nginx compresses in our place, but not what may carry a secret", async (t) => {
  const handler: Handler = ({ environ }) => ({
    status: 200,
    headers: [
      ["Content-Type", "text/plain"],
      ...(environ.PATH_INFO === "/secret" ? [["Set-Cookie", "a=b"] as const] : []),
    ],
    body: WHOLE,
  });
  await using front = await startHandlerStack(compress({ by: "front-end" })(handler), { directives: GZIP });
  const headers = [["Accept-Encoding", "gzip"]] as const;
  const plain = await send({ port: front.port, path: "/", headers });
  t.deepEqual([plain.headers.get("content-encoding"), plain.headers.get("vary")], [["gzip"], ["Accept-Encoding"]]);
  t.is(decode("gzip", plain.body).toString(), WHOLE);
  const secret = await send({ port: front.port, path: "/secret", headers });
  t.deepEqual(secret.headers.get("content-encoding"), ["identity"]);
  t.is(secret.body.toString(), WHOLE);
});

needs("nginx")("nginx does not compress a second time what was compressed here", async (t) => {
  await using front = await startHandlerStack(compress()(application), { directives: GZIP });
  const answer = await send({ port: front.port, path: "/", headers: [["Accept-Encoding", "gzip"]] });
  t.deepEqual(answer.headers.get("content-encoding"), ["gzip"]);
  t.is(decode("gzip", answer.body).toString(), WHOLE);
});
