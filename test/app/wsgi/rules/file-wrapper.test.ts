/** PEP 3333, `wsgi.file_wrapper`: rule 56. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import test from "ava";
import { type FileBody, wsgi, type WsgiEnviron, type WsgiFile } from "../../../../src/app/index.ts";
import { errorCode } from "../../../../src/errors.ts";
import { needsLinux } from "../../../helpers/needs.ts";
import { type Answer, get, RawClient, valuesOf } from "../../../helpers/raw-client.ts";
import { tempFolder } from "../../../helpers/temp-folder.ts";
import { gate, startServer, type TestServer } from "../../../helpers/test-server.ts";
import { environOf, head, run, type Start } from "../../../helpers/wsgi-run.ts";

const CONTENT = "0123456789";

/** Linux alone says where a descriptor stands. */
const lengthTest = needsLinux();

interface Sent {
  readonly answer: Answer;
  readonly seen: TestServer["seen"];
}

interface Sending {
  readonly request?: Uint8Array;
  readonly status?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly blockSize?: number;
}

/** The answer of an application that gives the file to the wrapper, and back. */
async function sendFile(
  file: WsgiFile,
  { request, status = "200 OK", headers = [], blockSize }: Sending = {},
): Promise<Sent> {
  return run((environ: WsgiEnviron, start: Start) => {
    start(status, headers);
    return environ["wsgi.file_wrapper"](file, blockSize);
  }, request);
}

/** A file of its own for a test, with that content. */
function fileOf(t: { teardown(run: () => void): void }, content: string | Uint8Array = CONTENT): string {
  const folder = tempFolder();
  t.teardown(() => folder[Symbol.dispose]());
  const path = folder.file("file");
  writeFileSync(path, content);
  return path;
}

/**
 * True when the descriptor is no longer one of the file at `path`. Its number may be another file's by now: tests of other
 * files run in this process.
 */
function isClosed(fd: number, path: string): boolean {
  try {
    const [there, file] = [fstatSync(fd), statSync(path)];
    return there.dev !== file.dev || there.ino !== file.ino;
  } catch (error) {
    return errorCode(error) === "EBADF";
  }
}

/** An object with `read(size)` over a text, which notes what is asked of it. */
class Reader {
  readonly sizes: number[] = [];
  closes = 0;
  private text: string;

  constructor(text: string) {
    this.text = text;
  }

  read(size: number): string {
    this.sizes.push(size);
    const part = this.text.slice(0, size);
    this.text = this.text.slice(size);
    return part;
  }

  close(): void {
    this.closes++;
  }
}

const kinds: readonly (readonly [about: string, make: (path: string) => WsgiFile | Promise<WsgiFile>])[] = [
  ["a FileHandle", (path) => open(path)],
  ["a descriptor", (path) => openSync(path, "r")],
  [
    "an object with a descriptor",
    (path) => {
      const fd = openSync(path, "r");
      return { fd, close: () => closeSync(fd) };
    },
  ],
  ["an object with read", () => new Reader(CONTENT)],
  [
    "an object with an asynchronous read",
    () => {
      const reader = new Reader(CONTENT);
      return { read: async (size: number) => Buffer.from(reader.read(size)) };
    },
  ],
  [
    "an object whose read ends with null",
    () => {
      const parts = ["01234", "56789"];
      return { read: () => parts.shift() ?? null };
    },
  ],
  ["a stream of a file", (path) => createReadStream(path)],
  ["a Readable", () => Readable.from([Buffer.from("01234"), "", Buffer.from("56789")])],
  [
    "an async iterable",
    () =>
      (async function* () {
        yield "01234";
        yield Buffer.from("56789");
      })(),
  ],
];

for (const [about, make] of kinds) {
  test(`pep3333-56: ${about} is sent to its end`, async (t) => {
    const { answer, seen } = await sendFile(await make(fileOf(t)));
    t.deepEqual([answer.status, answer.body, seen.errors.all], [200, CONTENT, []]);
  });

  test(`pep3333-56: ${about} is sent up to Content-Length, which is no failure`, async (t) => {
    const { answer, seen } = await sendFile(await make(fileOf(t)), { headers: [["Content-Length", "3"]] });
    t.deepEqual([answer.body, valuesOf(answer, "content-length"), seen.errors.all], ["012", ["3"], []]);
  });

  test(`pep3333-56: ${about} wrapped by middleware is a body like any other`, async (t) => {
    const file = await make(fileOf(t));
    const { answer, seen } = await run(async function* middleware(environ: WsgiEnviron, start: Start) {
      start("200 OK", []);
      const body = environ["wsgi.file_wrapper"](file, 4);
      try {
        for await (const chunk of body) yield `<${Buffer.from(chunk).toString()}>`;
      } finally {
        await body.close();
      }
    });
    t.deepEqual([answer.body.replace(/[<>]/g, ""), seen.errors.all], [CONTENT, []]);
  });
}

lengthTest("pep3333-56: a regular file is sent from where it stands, with the length of that", async (t) => {
  const handle = await open(fileOf(t));
  await handle.read(Buffer.alloc(4), 0, 4);
  const { answer } = await sendFile(handle);
  t.deepEqual([answer.body, valuesOf(answer, "content-length")], ["456789", ["6"]]);
});

test("pep3333-56: a descriptor that was read from is sent from there", async (t) => {
  const fd = openSync(fileOf(t), "r");
  readSync(fd, Buffer.alloc(4));
  t.is((await sendFile(fd)).answer.body, "456789");
});

lengthTest("pep3333-56: a file behind its end is a whole empty answer", async (t) => {
  const handle = await open(fileOf(t, ""));
  const { answer } = await sendFile(handle);
  t.deepEqual([answer.body, valuesOf(answer, "content-length")], ["", ["0"]]);
});

lengthTest("pep3333-56: a file of which the system says that it is empty is read to see", async (t) => {
  const { answer } = await sendFile(await open("/proc/self/status"));
  t.regex(Buffer.from(answer.body).toString(), /^Name:/);
  t.deepEqual(valuesOf(answer, "content-length"), []);
});

test("pep3333-56: an empty file has the length 0", async (t) => {
  const { answer } = await sendFile(await open(fileOf(t, "")));
  t.deepEqual(valuesOf(answer, "content-length"), ["0"]);
});

test("pep3333-56: a large file arrives whole", async (t) => {
  const content = Buffer.alloc(3_000_001, "a tall tale ");
  const { answer } = await sendFile(await open(fileOf(t, content)));
  t.true(Buffer.from(answer.body, "latin1").equals(content));
});

lengthTest("pep3333-56: HEAD has the length of the file, and reads nothing of it", async (t) => {
  const { answer } = await sendFile(await open(fileOf(t)), { request: head });
  t.deepEqual([answer.body, valuesOf(answer, "content-length")], ["", ["10"]]);
  const reader = new Reader(CONTENT);
  await sendFile(reader, { request: head });
  t.deepEqual([reader.sizes, reader.closes], [[], 1]);
});

for (const status of ["204 No Content", "304 Not Modified"]) {
  test(`pep3333-56: a file under ${status} is closed and not read, and has no length`, async (t) => {
    const reader = new Reader(CONTENT);
    const { answer } = await sendFile(reader, { status });
    t.deepEqual([answer.body, reader.sizes, reader.closes], ["", [], 1]);
    const handle = await open(fileOf(t));
    const sent = await sendFile(handle, { status });
    t.deepEqual([sent.answer.headers, handle.fd], [[], -1]);
  });
}

test("pep3333-56: the end of the answer closes a FileHandle, a descriptor and a stream", async (t) => {
  const path = fileOf(t);
  const handle = await open(path);
  const fd = openSync(path, "r");
  const stream = createReadStream(path);
  for (const file of [handle, fd, stream]) await sendFile(file);
  t.deepEqual([handle.fd, isClosed(fd, path), stream.destroyed], [-1, true, true]);
});

test("pep3333-56: an object with a descriptor is closed by its own close, or not at all", async (t) => {
  const path = fileOf(t);
  const fd = openSync(path, "r");
  await sendFile({ fd });
  t.false(isClosed(fd, path));
  let closes = 0;
  await sendFile({ fd, close: () => void closes++ });
  t.is(closes, 1);
  closeSync(fd);
});

for (const [about, act] of [
  ["startResponse was never called", () => {}],
  ["less was there than announced", (start: Start) => start("200 OK", [["Content-Length", "99"]])],
  [
    "something was written before",
    (start: Start) => {
      void start("200 OK", [])("written").catch(() => {});
    },
  ],
] as const) {
  test(`pep3333-56: the file is closed once when ${about}`, async (t) => {
    const reader = new Reader(CONTENT);
    await run((environ: WsgiEnviron, start: Start) => {
      act(start);
      return environ["wsgi.file_wrapper"](reader);
    });
    t.is(reader.closes, 1);
  });
}

test("pep3333-56: the file is closed when the client goes away", async (t) => {
  const closed = gate();
  await using server = await startServer(
    wsgi((environ, start) => {
      start("200 OK", []);
      return environ["wsgi.file_wrapper"]({ read: () => new Uint8Array(65_536), close: () => closed.open() });
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("HTTP/1.1");
  client.destroy();
  await closed.promise;
  t.like(await server.seen.ends.at(), { ending: "peer-gone" });
});

test("pep3333-56: a file that fails behind the head breaks the answer off, and is closed", async (t) => {
  const failure = new Error("EIO");
  let closes = 0;
  let reads = 0;
  const { seen } = await sendFile({
    read: () => {
      if (reads++ > 0) throw failure;
      return "begun";
    },
    close: () => void closes++,
  });
  t.like(await seen.errors.at(), { error: failure });
  t.is(closes, 1);
});

test("pep3333-56: what was written comes before the file, which then is without a length of ours", async (t) => {
  const handle = await open(fileOf(t));
  const { answer } = await run((environ: WsgiEnviron, start: Start) => {
    void start("200 OK", [])("written, ");
    return environ["wsgi.file_wrapper"](handle);
  });
  t.deepEqual([answer.body, answer.headers, handle.fd], [`written, ${CONTENT}`, [], -1]);
});

test("pep3333-56: nothing is read, and nothing sent, before the server has the file back", async (t) => {
  const reader = new Reader(CONTENT);
  const { answer } = await run((environ: WsgiEnviron, start: Start) => {
    start("200 OK", []);
    environ["wsgi.file_wrapper"](reader);
    return "something else";
  });
  t.deepEqual([answer.body, reader.sizes], ["something else", []]);
});

test("pep3333-56: blocks are of the size that was asked for, to who iterates", async (t) => {
  const wrap = (await environOf())["wsgi.file_wrapper"];
  const reader = new Reader(CONTENT);
  const body: FileBody = wrap(reader, 4);
  const blocks: string[] = [];
  for await (const block of body) blocks.push(Buffer.from(block).toString());
  t.deepEqual(
    [blocks, reader.sizes],
    [
      ["0123", "4567", "89"],
      [4, 4, 4, 4],
    ],
  );
});

test("pep3333-56: closing twice closes the file once, and waits for a read that is under way", async (t) => {
  const handle = await open(fileOf(t));
  const body = (await environOf())["wsgi.file_wrapper"](handle);
  const reading = body[Symbol.asyncIterator]().next();
  await Promise.all([body.close(), body.close()]);
  t.is(Buffer.from((await reading).value ?? []).toString(), CONTENT);
  t.is(handle.fd, -1);
});

for (const [about, given] of [
  ["null", [null]],
  ["a path", ["/etc/passwd"]],
  ["an object without read", [{}]],
  ["a number below 0", [-1]],
  ["a block size of 0", [new Reader(""), 0]],
  ["a block size that is no number", [new Reader(""), "4"]],
] as const) {
  test(`pep3333-56: ${about} is refused at the call`, async (t) => {
    const wrap = (await environOf())["wsgi.file_wrapper"];
    t.throws(() => wrap(...(given as unknown as [WsgiFile])), {
      code: "UWSGI_INVALID_ARGUMENT",
      instanceOf: TypeError,
    });
  });
}
