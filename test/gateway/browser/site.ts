/** A site that uses what browsers can do, and says at the end what came of it. An ordinary Node application. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import busboy from "busboy";
import { WebSocketServer } from "ws";

/** What the page has found. */
export interface Report {
  /** As a script of the page sees them. */
  readonly cookie: string;
  /** As the application got them. */
  readonly cookies: string;
  /** The form as the application got it. */
  readonly form: Readonly<Record<string, string>>;
  readonly file: { readonly name: string; readonly length: number; readonly sha256: string };
  /** Names of the events, and their data. */
  readonly events: readonly string[];
  /** Milliseconds between the first and the last event. */
  readonly eventsTookMs: number;
  readonly messages: readonly string[];
  /** SHA-256 of 3 MB that went by fetch and came back. */
  readonly echoed: string;
  readonly sent: string;
  /** `h2` or `http/1.1`, as the browser says. */
  readonly protocol: string;
  readonly secure: boolean;
}

export const FILE_BYTES = 2_000_000;

const formPage = `<!doctype html><meta charset="utf-8"><title>form</title>
<form method="post" action="/form" enctype="multipart/form-data">
<input name="name"><textarea name="text"></textarea><input type="file" name="file">
</form>
<script>
const form = document.forms[0];
form.elements.name.value = "Zo\\u00eb & co";
form.elements.text.value = "two\\nlines";
const bytes = Uint8Array.from({ length: ${FILE_BYTES} }, (_, i) => i % 251);
const files = new DataTransfer();
files.items.add(new File([bytes], "t\\u00e9a.bin"));
form.elements.file.files = files.files;
form.submit();
</script>`;

/** Goes on behind the form; `arrived`: what the application has read of it. */
function resultPage(arrived: unknown): string {
  return `<!doctype html><meta charset="utf-8"><title>result</title>
<script type="module">
const arrived = ${JSON.stringify(arrived).replaceAll("<", "\\u003c")};
const hex = async (bytes) => [...new Uint8Array(await (await fetch("/digest", { method: "POST", body: bytes })).arrayBuffer())]
  .map((byte) => String.fromCharCode(byte)).join("");

const events = [];
let firstAt, lastAt;
await new Promise((resolve, reject) => {
  const source = new EventSource("/events");
  source.addEventListener("tick", (event) => {
    firstAt ??= performance.now();
    lastAt = performance.now();
    events.push(event.data);
    if (events.length === 3) { source.close(); resolve(); }
  });
  source.onerror = () => reject(new Error("the event stream broke"));
});

const messages = [];
await new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/chat", ["chat"]);
  socket.onopen = () => { socket.send("hello"); socket.send("x".repeat(70_000)); };
  socket.onmessage = ({ data }) => {
    messages.push(socket.protocol + ":" + data.slice(0, 10) + ":" + data.length);
    if (messages.length === 2) socket.close(1000, "done");
  };
  socket.onclose = ({ code, wasClean }) => { messages.push("closed " + code + " " + wasClean); resolve(); };
  socket.onerror = () => reject(new Error("the socket failed"));
});

const big = new Uint8Array(3_000_000).map((_, i) => i % 253);
const back = await (await fetch("/echo", { method: "PUT", body: big })).arrayBuffer();
const report = {
  ...arrived, cookie: document.cookie, events, eventsTookMs: lastAt - firstAt, messages,
  sent: await hex(big), echoed: await hex(back),
  protocol: performance.getEntriesByType("navigation")[0].nextHopProtocol,
};
await fetch("/report", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(report) });
</script>`;
}

/** The site, and its report when a browser has been there. */
export function makeSite(): { readonly server: Server; readonly report: Promise<Report> } {
  let tell: (report: Report) => void = () => {};
  const report = new Promise<Report>((resolve) => {
    tell = resolve;
  });
  const server = createServer((req, res) => {
    void answer(req, res, tell);
  });
  const sockets = new WebSocketServer({ server, path: "/chat" });
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { server, report };
}

async function answer(req: IncomingMessage, res: ServerResponse, tell: (report: Report) => void): Promise<void> {
  const isSecure = (req.socket as { encrypted?: boolean }).encrypted === true;
  switch (req.url) {
    case "/":
      res.setHeader("Set-Cookie", ["seen=1; Path=/; SameSite=Lax", "hidden=2; Path=/; HttpOnly"]);
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      res.end(formPage);
      break;
    case "/form": {
      const cookies = req.headers.cookie ?? "";
      const arrived = await readForm(req);
      res.setHeader("Content-Type", "text/html; charset=utf-8");
      res.end(resultPage({ ...arrived, cookies, secure: isSecure }));
      break;
    }
    case "/events":
      await sendEvents(res);
      break;
    case "/echo":
      res.setHeader("Content-Type", "application/octet-stream");
      res.end(await bytesOf(req));
      break;
    case "/digest":
      res.end(
        createHash("sha256")
          .update(await bytesOf(req))
          .digest("hex"),
      );
      break;
    case "/report":
      tell(JSON.parse((await bytesOf(req)).toString()) as Report);
      res.end();
      break;
    default:
      res.writeHead(404).end();
  }
}

async function sendEvents(res: ServerResponse): Promise<void> {
  res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  for (let number = 0; number < 3; number++) {
    res.write(`event: tick\ndata: ${number}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  res.end();
}

async function bytesOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function readForm(req: IncomingMessage): Promise<Pick<Report, "form" | "file">> {
  return new Promise((resolve, reject) => {
    const form: Record<string, string> = {};
    let file: Report["file"] = { name: "", length: 0, sha256: "" };
    const parser = busboy({ headers: req.headers, defParamCharset: "utf8" });
    parser.on("field", (name, value) => {
      form[name] = value;
    });
    parser.on("file", (_, stream, { filename }) => {
      const digest = createHash("sha256");
      let length = 0;
      stream.on("data", (chunk: Buffer) => {
        digest.update(chunk);
        length += chunk.length;
      });
      stream.on("end", () => {
        file = { name: filename ?? "", length, sha256: digest.digest("hex") };
      });
    });
    parser.on("error", reject);
    parser.on("close", () => resolve({ form, file }));
    req.pipe(parser);
  });
}

/** Of the file that the page sends. */
export const fileDigest: string = createHash("sha256")
  .update(Buffer.from(Array.from({ length: FILE_BYTES }, (_, i) => i % 251)))
  .digest("hex");
