import { readdirSync, readlinkSync } from "node:fs";
import { Readable } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { type PacketRequest, request, type RequestBody, type RequestOptions } from "../../src/client/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { errorCode, LimitError } from "../../src/errors.ts";
import type { Handler } from "../../src/handler/index.ts";
import { needsLinux } from "../helpers/needs.ts";
import { ScriptedPeer } from "../helpers/scripted-peer.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { respond, startServer } from "../helpers/test-server.ts";

/** Says what it was sent. */
const echo: Handler = async ({ environ, body }) => {
  const read: Uint8Array[] = [];
  for await (const piece of body) read.push(piece);
  const bytes = Buffer.concat(read);
  const { REQUEST_METHOD, PATH_INFO, CONTENT_LENGTH, CONTENT_TYPE } = environ;
  const seen = { REQUEST_METHOD, PATH_INFO, CONTENT_LENGTH, CONTENT_TYPE, body: bytes.toString(), size: bytes.length };
  return respond(JSON.stringify(seen), { headers: [["Content-Type", "application/json"]] });
};

async function said(t: ExecutionContext, options: RequestOptions): Promise<Record<string, unknown>> {
  const server = await startServer(echo);
  t.teardown(() => server[Symbol.asyncDispose]());
  const response = await request(server.address, { method: "POST", ...options });
  t.is(response.status, 200);
  return (await response.json()) as Record<string, unknown>;
}

async function* pieces<Piece>(...list: readonly Piece[]): AsyncGenerator<Piece> {
  yield* list;
}

const form = new FormData();
form.set("a", "b");

const bodies: readonly (readonly [what: string, make: () => RequestBody, text: string, type: string | undefined])[] = [
  ["text", () => "h\u00e9", "h\u00e9", undefined],
  ["no text", () => "", "", undefined],
  ["bytes", () => new TextEncoder().encode("bytes"), "bytes", undefined],
  ["an ArrayBuffer", () => new TextEncoder().encode("bytes").buffer, "bytes", undefined],
  ["a Blob", () => new Blob(["bl", "ob"], { type: "a/b" }), "blob", "a/b"],
  ["a Blob without a type", () => new Blob(["blob"]), "blob", undefined],
  [
    "URLSearchParams",
    () => new URLSearchParams({ a: "b c" }),
    "a=b+c",
    "application/x-www-form-urlencoded;charset=UTF-8",
  ],
  [
    "an async iterable",
    () => pieces<Uint8Array | string>(Buffer.from("a"), "\u00e9", Buffer.from("c")),
    "a\u00e9c",
    undefined,
  ],
  ["an iterable", () => [Buffer.from("a"), "b"], "ab", undefined],
  ["a web stream", () => new Blob(["stream"]).stream(), "stream", undefined],
  ["a Node stream", () => Readable.from([Buffer.from("no"), Buffer.from("de")]), "node", undefined],
  ["a Node stream of text", () => Readable.from(["no", "de"]), "node", undefined],
];

for (const [what, make, text, type] of bodies) {
  test(`a body of ${what} is sent, with its length`, async (t) => {
    const size = Buffer.byteLength(text);
    const seen = await said(t, { body: make() });
    t.like(seen, { body: text, size, CONTENT_LENGTH: String(size) });
    t.is(seen["CONTENT_TYPE"] || undefined, type);
  });
}

test("a form is sent as multipart, with its boundary", async (t) => {
  const { CONTENT_TYPE, body } = await said(t, { body: form });
  const [, boundary = "none"] = /^multipart\/form-data; ?boundary=(.+)$/.exec(String(CONTENT_TYPE)) ?? [];
  t.true(String(body).startsWith(`--${boundary}`));
  t.regex(String(body), /name="a"\r\n\r\nb\r\n/);
});

for (const body of [5, {}, null, true]) {
  test(`a body of ${JSON.stringify(body)} is refused`, async (t) => {
    await t.throwsAsync(request("/nowhere/s", { body: body as unknown as string }), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
    });
  });
}

test("a body with its length said goes out as it comes", async (t) => {
  t.like(await said(t, { body: pieces("abc"), contentLength: 3 }), { body: "abc", CONTENT_LENGTH: "3" });
  t.like(await said(t, { body: pieces("abc"), headers: { "Content-Length": "3" } }), { body: "abc" });
});

test("a body with its length said wrong is no request", async (t) => {
  await using server = await startServer(echo);
  const { address } = server;
  for (const [body, contentLength] of [
    ["abc", 4],
    [new Blob(["abc"]), 2],
    [undefined, 1],
  ] as const) {
    const options = body === undefined ? { contentLength } : { body, contentLength };
    await t.throwsAsync(request(address, options), { instanceOf: RangeError, code: "UWSGI_BODY_LENGTH" });
  }
  for (const contentLength of [2, 4]) {
    const error = await t.throwsAsync(request(address, { method: "POST", body: pieces("abc"), contentLength }), {
      code: "UWSGI_REQUEST_BODY_FAILED",
    });
    t.is(errorCode(error?.cause), "UWSGI_BODY_LENGTH");
  }
  await t.throwsAsync(request(address, { contentLength: -1 }), { code: "UWSGI_INVALID_ARGUMENT" });
});

const bigPieces = (count: number): AsyncGenerator<Uint8Array> =>
  pieces(...Array.from({ length: count }, () => Buffer.alloc(65_536, "x")));

test("a body of unknown length that is too long for memory goes by the disk, and nothing is left there", async (t) => {
  const folder = folderOf(t);
  t.like(await said(t, { body: bigPieces(40), spoolFolder: folder }), { size: 40 * 65_536 });
  t.deepEqual(readdirSync(folder), []);
});

/** Files of ours that are open and have no name any more. */
function openSpools(): string[] {
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return "";
      }
    })
    .filter((path) => path.includes("uisge-spool-"));
}

needsLinux().serial(
  "a body on disk is closed: behind an answer, an early answer, a failure, and an abort",
  async (t) => {
    const spoolFolder = folderOf(t);
    const mine = (): string[] => openSpools().filter((path) => path.startsWith(spoolFolder));
    const gone = async (): Promise<void> => {
      while (mine().length > 0) await new Promise((resolve) => setImmediate(resolve));
    };
    const options = { method: "POST", spoolFolder } as const;
    await said(t, { body: bigPieces(40), spoolFolder });
    await gone();
    await t.throwsAsync(request("/nowhere/s", { ...options, body: bigPieces(40) }), { code: "UWSGI_CONNECT_FAILED" });
    t.deepEqual(mine(), []);
    await using early = await ScriptedPeer.start((socket) => {
      socket.write("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    });
    t.is((await request(early.address, { ...options, body: bigPieces(40) })).status, 401);
    await gone();
    await using silent = await ScriptedPeer.start((socket) => void socket.pause());
    const stop = new AbortController();
    const asking = request(silent.address, { ...options, body: bigPieces(40), signal: stop.signal });
    while (silent.sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    t.is(mine().length, 1, "while it is sent it is open, so this test can fail");
    stop.abort(new Error("enough"));
    await t.throwsAsync(asking, { message: "enough" });
    await gone();
  },
);

test("a body of unknown length has a limit", async (t) => {
  await t.throwsAsync(request("/nowhere/s", { body: pieces("abc", "def"), maxSpoolBytes: 5 }), {
    instanceOf: LimitError,
    code: "UWSGI_BODY_LIMIT",
    message: "request body of more than 5 bytes, at most 5 are allowed",
  });
});

/** A body that stands still, and knows whether it was let go. */
function stuckBody(): { body: AsyncIterable<Uint8Array>; isReleased: () => boolean } {
  let isReleased = false;
  return {
    isReleased: () => isReleased,
    body: {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          isReleased = true;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    },
  };
}

test("the wait for a body of unknown length ends by the signal, and lets it go", async (t) => {
  const { body, isReleased } = stuckBody();
  const stop = new AbortController();
  const asking = request("/nowhere/s", { body, signal: stop.signal });
  const reason = new Error("enough");
  stop.abort(reason);
  t.is(await t.throwsAsync(asking), reason);
  t.true(isReleased());
});

test("the wait for a body of unknown length is a part of totalMs", async (t) => {
  const { body, isReleased } = stuckBody();
  await t.throwsAsync(request("/nowhere/s", { body, timeouts: { totalMs: 30 } }), {
    code: "UWSGI_TOTAL_TIMEOUT",
    message: "the request body did not come within 30 ms, which is all the time there was",
  });
  t.true(isReleased());
});

test("a body of unknown length that fails is named as the cause", async (t) => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a");
    throw new Error("disk is gone");
  }
  const error = await t.throwsAsync(request("/nowhere/s", { body: failing() }), {
    code: "UWSGI_REQUEST_BODY_FAILED",
    message: "the body of the request failed: disk is gone",
  });
  t.is(String(error?.cause), "Error: disk is gone");
});

test("vars that fit no packet are refused before the body is read", async (t) => {
  let asked = 0;
  const body = {
    [Symbol.asyncIterator]: () => {
      asked++;
      return pieces(Buffer.from("a"));
    },
  };
  await t.throwsAsync(request("/nowhere/s", { body, vars: { A: "b".repeat(65_500) } }), {
    instanceOf: RangeError,
    code: "UWSGI_PACKET_TOO_LARGE",
  });
  t.is(asked, 0);
});

test("what is asked goes to whoever sends, with modifiers, signal and timeouts", async (t) => {
  const sent: PacketRequest[] = [];
  const sender = {
    send: (one: PacketRequest) => {
      sent.push(one);
      return Promise.resolve({ status: 204, reason: "", headers: [], body: pieces<Uint8Array>() });
    },
  };
  const { signal } = new AbortController();
  const timeouts = { bodyMs: 5 };
  await request(sender, { method: "HEAD", modifier1: 5, modifier2: 1, signal, timeouts });
  t.like(sent[0], { modifier1: 5, modifier2: 1, isHead: true, signal, timeouts });
  await request(sender, { method: "POST", body: "abc" });
  t.like(sent[1], { isHead: false, bodyLength: 3, isBodyReplayable: true });
  await request(sender, { method: "POST", body: pieces("abc"), contentLength: 3 });
  t.like(sent[2], { bodyLength: 3, isBodyReplayable: false });
});

test("a request is sent once, whatever happens to it", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => socket.destroy());
  await t.throwsAsync(request(peer.address), { code: "UWSGI_PEER_GONE" });
  t.is(peer.sockets.length, 1);
});

// The response

const answers: Handler = ({ environ }) =>
  environ["PATH_INFO"] === "/json"
    ? respond('{"a":1}')
    : respond("h\u00e9llo", {
        status: 404,
        headers: [
          ["Set-Cookie", "a=b"],
          ["X-A", "1"],
          ["Set-Cookie", "c=d"],
          ["x-a", "2"],
        ],
      });

test("a response says its status, its headers, and its body as text, bytes and JSON", async (t) => {
  await using server = await startServer(answers);
  const to = formatAddress(server.address);
  const response = await request(to);
  t.deepEqual([response.status, response.reason, response.ok], [404, "Not Found", false]);
  t.deepEqual(response.headerValues("set-cookie"), ["a=b", "c=d"]);
  t.is(response.header("X-a"), "1, 2");
  t.is(response.header("X-B"), undefined);
  t.is(await response.text(), "h\u00e9llo");
  t.is(response.excessBytes, 0);
  t.is((await (await request(to)).bytes()).length, 6);
  const good = await request(to, { path: "/json" });
  t.true(good.ok);
  t.deepEqual(await good.json(), { a: 1 });
});

test("a body over maxBytes is refused, and the connection closed", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nabcdef"));
  });
  const response = await request(peer.address);
  await t.throwsAsync(response.text({ maxBytes: 5 }), {
    instanceOf: LimitError,
    code: "UWSGI_RESPONSE_LIMIT",
    message: "a response of more than 5 bytes, at most 5 are allowed",
  });
  await peer.allClosed();
  await t.throwsAsync(response.bytes({ maxBytes: -1 }), { instanceOf: RangeError, code: "UWSGI_INVALID_ARGUMENT" });
});

for (const [what, leave] of [
  ["destroy", (response: Awaited<ReturnType<typeof request>>) => response.destroy()],
  ["disposal", (response: Awaited<ReturnType<typeof request>>) => response[Symbol.asyncDispose]()],
] as const) {
  test(`by ${what} a response that nobody wants closes its connection`, async (t) => {
    await using peer = await ScriptedPeer.start((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nabc"));
    });
    await leave(await request(peer.address));
    await peer.allClosed();
    t.pass();
  });
}
