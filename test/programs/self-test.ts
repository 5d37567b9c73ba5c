/**
 * The self-test of the direct transport, or the choice of a transport, on a Node that was broken before:
 *
 *     node self-test.js BREAK [MOST_MS]          prints what the self-test says, as JSON
 *     node self-test.js BREAK choose TRANSPORT   prints `{ isDirect, fallbacks }`, or `{ code, message }`
 *     node self-test.js BREAK dialling KIND [MOST_MS]  prints what the self-test of connecting says, as JSON
 *     node self-test.js BREAK dial MOST_MS       connects until it is by a handle, and ends by itself: prints how many were not, or null
 *     node self-test.js BREAK serve FOLDER       two servers on two sockets each: prints what they log and answer
 *
 * A process of its own for each: what is broken here is Node's.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, Server } from "node:net";
import { join } from "node:path";
import type { Transport } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";

/** `process.binding`, or what stands for it. */
interface Bindings {
  binding: ((name: string) => Record<string, unknown>) | undefined;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const node = process as unknown as Bindings;
const { binding } = node;
if (binding === undefined) throw new Error("there is no process.binding to be broken");
const original = binding.bind(process);

type Change = (found: Record<string, unknown>) => Record<string, unknown>;

function streamWrap(change: Change): () => void {
  return () => {
    const found = original("stream_wrap");
    node.binding = (name) => (name === "stream_wrap" ? { ...found, ...change(found) } : original(name));
  };
}

/** Methods of the handles of unix sockets. */
function methods(changed: Record<string, Method | undefined>): () => void {
  return () => {
    const { Pipe } = original("pipe_wrap") as { Pipe: { prototype: object } };
    Object.assign(Pipe.prototype, changed);
  };
}

function connectWrap(name: "pipe_wrap" | "tcp_wrap", change: Change): () => void {
  return () => {
    const found = original(name);
    node.binding = (asked) => (asked === name ? { ...found, ...change(found) } : original(asked));
  };
}

/** Methods of handles that connect. */
function pipeMethod(name: string, make: (known: Method) => Method | undefined): () => void {
  return () => {
    const { Pipe } = original("pipe_wrap") as { Pipe: { prototype: Record<string, Method> } };
    const known = Pipe.prototype[name] as Method;
    Object.assign(Pipe.prototype, { [name]: make(known) });
  };
}

const breaks: Readonly<Record<string, () => void>> = {
  nothing: () => {},
  "no process.binding": () => {
    node.binding = undefined;
  },
  "a process.binding that throws": () => {
    node.binding = () => {
      throw new Error("access to this API has been restricted");
    };
  },
  "a process.binding that answers nothing": () => {
    node.binding = () => undefined as unknown as Record<string, unknown>;
  },
  "no WriteWrap": streamWrap(() => ({ WriteWrap: undefined })),
  "no ShutdownWrap": streamWrap(() => ({ ShutdownWrap: undefined })),
  "no state": streamWrap(() => ({ streamBaseState: undefined })),
  "a state of another type": streamWrap(({ streamBaseState }) => ({
    streamBaseState: Float64Array.from(streamBaseState as Int32Array),
  })),
  "a state that nobody writes": streamWrap(() => ({ streamBaseState: new Int32Array(8) })),
  "no index of bytes read": streamWrap(() => ({ kReadBytesOrError: undefined })),
  "no index of writes that go on": streamWrap(() => ({ kLastWriteWasAsync: undefined })),
  "writes that claim to be done": streamWrap(({ kArrayBufferOffset }) => ({ kLastWriteWasAsync: kArrayBufferOffset })),
  "writes that claim to go on": streamWrap(({ kBytesWritten }) => ({ kLastWriteWasAsync: kBytesWritten })),
  "no useUserBuffer": methods({ useUserBuffer: undefined }),
  "a useUserBuffer that does nothing": methods({ useUserBuffer: () => {} }),
  "no readStart": methods({ readStart: undefined }),
  "reads that never come": methods({ readStart: () => 0 }),
  "no writeLatin1String": methods({ writeLatin1String: undefined }),
  "no readStop": methods({ readStop: undefined }),
  "no Pipe": connectWrap("pipe_wrap", () => ({ Pipe: undefined })),
  "no PipeConnectWrap": connectWrap("pipe_wrap", () => ({ PipeConnectWrap: undefined })),
  "no TCPConnectWrap": connectWrap("tcp_wrap", () => ({ TCPConnectWrap: undefined })),
  "no type of socket": connectWrap("pipe_wrap", () => ({ constants: {} })),
  "no connect": pipeMethod("connect", () => undefined),
  "a connect that fails at once": pipeMethod("connect", () => () => -13),
  "a connect that never completes": pipeMethod("connect", () => () => 0),
  "a connect that throws": pipeMethod("connect", () => () => {
    throw new Error("connect has other arguments");
  }),
  "a connect that always succeeds": pipeMethod(
    "connect",
    (known) =>
      function (this: unknown, request, ...rest) {
        const { oncomplete } = request as { oncomplete: (status: number) => void };
        (request as { oncomplete: unknown }).oncomplete = () => oncomplete.call(request, 0);
        return known.call(this, request, ...rest);
      },
  ),
  "a connect that always fails": pipeMethod(
    "connect",
    (known) =>
      function (this: unknown, request, ...rest) {
        const { oncomplete } = request as { oncomplete: (status: number) => void };
        (request as { oncomplete: unknown }).oncomplete = () => oncomplete.call(request, -13);
        return known.call(this, request, ...rest);
      },
  ),
  "nowhere to listen": () => {
    Server.prototype.listen = function listen(this: Server) {
      process.nextTick(() => this.emit("error", new Error("listen EMFILE")));
      return this;
    } as typeof Server.prototype.listen;
  },
  "no writev": methods({ writev: undefined }),
  "a writev that fails": methods({ writev: () => -32 }),
  "no writeBuffer": methods({ writeBuffer: undefined }),
  "no shutdown": methods({ shutdown: undefined }),
  "a shutdown that never completes": methods({ shutdown: () => 0 }),
  "a shutdown that fails": methods({ shutdown: () => -32 }),
};

const [, , how = "", what = "", last = ""] = process.argv;
const breakIt = breaks[how];
if (breakIt === undefined) throw new Error(`${how} is none of ${Object.keys(breaks).join(", ")}`);
breakIt();

async function choose(): Promise<object> {
  const { mayBeDirect } = await import("../../src/connection/choose-transport.ts");
  const fallbacks: string[] = [];
  try {
    const given = (last === "" ? {} : { transport: last }) as { transport?: "auto" };
    const isDirect = await mayBeDirect(
      { kind: "unix", path: "s" },
      { ...given, onFallback: (reason) => fallbacks.push(reason) },
    );
    return { isDirect, fallbacks };
  } catch (error) {
    return { code: errorCode(error), message: (error as Error).message, fallbacks };
  }
}

async function trySelfTest(): Promise<string | null> {
  const { testDirectTransport } = await import("../../src/connection/direct-self-test.ts");
  return (await testDirectTransport(what === "" ? undefined : Number(what))) ?? null;
}

async function serveTwice(): Promise<object> {
  const [{ serve }, { ask }] = await Promise.all([import("../../src/index.ts"), import("../helpers/raw-client.ts")]);
  const lines: string[] = [];
  const statuses: number[] = [];
  for (const name of ["a", "b"]) {
    const errors = { write: (text: string) => lines.push(...text.trimEnd().split("\n")) };
    await using server = await serve(
      (_environ, startResponse) => {
        startResponse("200 OK", []);
        return "ok";
      },
      { socket: [join(last, `${name}1`), join(last, `${name}2`)], log: { errors } },
    );
    for (const address of server.addresses) statuses.push((await ask(address)).status);
  }
  return { lines, statuses };
}

async function tryDialling(): Promise<string | null> {
  const { testDialling } = await import("../../src/connection/dialling-self-test.ts");
  const mostMs = process.argv[5];
  return (await testDialling(last as "pipe" | "tcp", mostMs === undefined ? undefined : Number(mostMs))) ?? null;
}

async function dialOften(): Promise<number | null> {
  const { openTransport } = await import("../../src/connection/index.ts");
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dial = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const onOpen = (transport: Transport): void => {
        transport.destroy();
        resolve(transport.constructor.name);
      };
      openTransport({ kind: "tcp", host: "127.0.0.1", port }, { onOpen, onFail: reject });
    });
  const until = performance.now() + Number(last);
  let others = 0;
  let name = "";
  while (name !== "DialledTransport" && performance.now() < until) {
    name = await dial();
    if (name !== "DialledTransport") others++;
  }
  server.close();
  return name === "DialledTransport" ? others : null;
}

const results: Readonly<Record<string, () => Promise<unknown>>> = {
  choose,
  serve: serveTwice,
  dialling: tryDialling,
  dial: dialOften,
};
console.log(JSON.stringify(await (results[what] ?? trySelfTest)()));
