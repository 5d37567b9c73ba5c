/**
 * A CGI program for tests: routes by PATH_INFO. `UISGE_INTERFACE` names the interface, default `wsgi`;
 * `UISGE_PASS` is passed to the application.
 */
import { runWithCgi } from "../../src/cgi/index.ts";
import type { FetchFunction, NodeFunction } from "../../src/app/index.ts";
import type { WsgiEnviron, WsgiFunction } from "../../src/index.ts";

const TEXT = [["Content-Type", "text/plain"]] as const;

const wsgi: WsgiFunction = (environ, startResponse) => {
  const route = routes[environ.PATH_INFO];
  if (route === undefined) return environOf(environ, startResponse);
  return route(environ, startResponse);
};

const environOf: WsgiFunction = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const shown = Object.entries(environ).filter(([, value]) => typeof value !== "object" && typeof value !== "function");
  return JSON.stringify({ ...Object.fromEntries(shown), "process.env.HTTP_PROXY": process.env["HTTP_PROXY"] });
};

const routes: Readonly<Record<string, WsgiFunction>> = {
  "/echo": async (environ, startResponse) => {
    const body = await environ["wsgi.input"].read();
    startResponse("200 OK", TEXT);
    return body;
  },
  "/count": async (environ, startResponse) => {
    let bytes = 0;
    for await (const chunk of environ["wsgi.input"]) bytes += chunk.length;
    startResponse("200 OK", TEXT);
    return `${bytes} bytes`;
  },
  "/unread": (_, startResponse) => {
    startResponse("200 OK", TEXT);
    return "not read";
  },
  "/download": (environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
    const chunk = new Uint8Array(65_536).fill(97);
    return (function* () {
      for (let left = Number(environ.QUERY_STRING); left > 0; left -= chunk.length) yield chunk.subarray(0, left);
    })();
  },
  "/created": (_, startResponse) => {
    startResponse("201 Made it", [
      ...TEXT,
      ["X-A", "1"],
      ["X-A", "caf\u00e9"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
    return ["one ", "two"];
  },
  "/found": (_, startResponse) => {
    startResponse("302 Found", [["Location", "/elsewhere"]]);
    return null;
  },
  "/empty": (_, startResponse) => {
    startResponse("204 No Content", []);
    return null;
  },
  "/unchanged": (_, startResponse) => {
    startResponse("304 Not Modified", [["ETag", '"x"']]);
    return null;
  },
  "/fail": () => {
    throw new Error("it failed on purpose");
  },
  "/fail-late": (_, startResponse) => {
    startResponse("200 OK", TEXT);
    return (async function* () {
      yield "begun";
      throw new Error("it failed late");
    })();
  },
  "/print": (environ, startResponse) => {
    console.log("printed by console");
    process.stdout.write("printed to the stream\n");
    environ["wsgi.errors"].write("said to wsgi.errors\n");
    startResponse("200 OK", TEXT);
    return "answer";
  },
  "/endless": (environ, startResponse) => {
    const { signal } = environ["uisge.request"];
    startResponse("200 OK", TEXT);
    signal.addEventListener("abort", () => console.error("the client is gone"));
    return (async function* () {
      for (;;) {
        yield "x".repeat(1_000);
        await new Promise(setImmediate);
      }
    })();
  },
  "/waiting": (environ, startResponse) => {
    const { signal } = environ["uisge.request"];
    startResponse("200 OK", TEXT);
    return (async function* () {
      yield "begun\n";
      const timer = setInterval(() => {}, 1_000);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      clearInterval(timer);
      console.error("told that it is over");
    })();
  },
  "/stuck": () => new Promise(() => {}),
  "/stuck-late": (_, startResponse) => {
    startResponse("200 OK", TEXT);
    return (async function* () {
      yield "begun";
      await new Promise(() => {});
    })();
  },
  "/stubborn": (_, startResponse) => {
    startResponse("200 OK", TEXT);
    return (async function* () {
      yield "begun\n";
      await new Promise((resolve) => setTimeout(resolve, 1_000_000));
    })();
  },
  "/behind": (environ, startResponse) => {
    const turns = (async () => {
      for (let i = 0; i < 1_000; i++) await new Promise(setImmediate);
      console.error("work was done behind the answer");
    })();
    environ["uisge.request"].waitUntil(turns);
    startResponse("200 OK", TEXT);
    return "answer";
  },
  "/hanging": (_, startResponse) => {
    setInterval(() => {}, 1_000);
    startResponse("200 OK", TEXT);
    return "answer";
  },
  "/upgrade": (environ: WsgiEnviron) => {
    environ["uisge.request"].upgrade();
    return null;
  },
};

const node: NodeFunction = (req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    res.writeHead(200, { "Content-Type": "text/plain", Connection: "close" });
    res.end(`${req.method} ${req.url} ${Buffer.concat(chunks).toString()}`);
  });
};

const fetch: FetchFunction = async (request) =>
  new Response(`${request.method} ${request.url} ${await request.text()}`, { headers: { "X-Kind": "fetch" } });

const name = process.env["UISGE_INTERFACE"] ?? "wsgi";
const application = { wsgi, node, fetch, nothing: 7 }[name] as WsgiFunction;
await runWithCgi(application, { pass: ["UISGE_PASS"], interface: (name === "nothing" ? "wsgi" : name) as "wsgi" });
