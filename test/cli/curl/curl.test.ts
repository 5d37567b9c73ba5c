import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { deflateSync, gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { nodeHandler } from "../../../src/app/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { findProgram } from "../../helpers/find-program.ts";
import { needs } from "../../helpers/needs.ts";
import { startNginx } from "../../helpers/nginx.ts";
import { startPeer } from "../../helpers/peer.ts";
import { runProgram, runUisge } from "../../helpers/run-program.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { startServer, type TestServer } from "../../helpers/test-server.ts";

/** Says what it was asked; some paths answer otherwise. */
const echo = createServer((req, res) => {
  void (async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://x");
    const to = searchParams.get("to");
    if (pathname === "/redirect")
      res.writeHead(Number(searchParams.get("status")), { Location: to ?? "" }).end("moved");
    else if (pathname === "/status") res.writeHead(Number(searchParams.get("status"))).end("a body\n");
    else if (pathname === "/gzip") res.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync("zipped"));
    else if (pathname === "/deflate") res.writeHead(200, { "Content-Encoding": "deflate" }).end(deflateSync("zipped"));
    else if (pathname === "/nogzip") res.writeHead(200, { "Content-Encoding": "gzip" }).end("not zipped");
    else if (pathname === "/big") res.writeHead(200).end(Buffer.alloc(5_000_000, "x"));
    else if (pathname === "/never") res.writeHead(200).write("begun");
    else {
      const { host: _, "user-agent": agent, ...headers } = req.headers;
      const said = {
        method: req.method,
        url: req.url,
        headers,
        agent: agent?.replace(/\/.*/, ""),
        body: Buffer.concat(chunks).toString("latin1"),
      };
      // A boundary is another one each time.
      res.writeHead(200, { "Content-Type": "application/json", "Set-Cookie": "a=b" });
      res.end(
        JSON.stringify(said)
          .replace(/-{24}[0-9a-f]+/g, "BOUNDARY")
          .replace(/"content-length":"\d+"/, '"content-length":"N"'),
      );
    }
  })();
});

async function serveEcho(): Promise<TestServer & { readonly path: string }> {
  const server = await startServer(nodeHandler(echo));
  return { ...server, path: formatAddress(server.address) };
}

function files(t: ExecutionContext): string {
  const folder = folderOf(t);
  writeFileSync(join(folder, "lines.txt"), "one\r\ntwo\nthree");
  writeFileSync(join(folder, "page.html"), "<p>é</p>\n");
  writeFileSync(join(folder, "data.bin"), Buffer.from([0, 1, 10, 13, 255]));
  writeFileSync(join(folder, "headers"), "X-One: 1\r\nX-Two: 2\n");
  return folder;
}

/** What is behind the address of each. `input`: on standard input. */
const sameAsCurl: readonly (readonly [what: string, path: string, args: readonly string[], input?: string])[] = [
  ["nothing", "/a/b?c=d&e", []],
  ["a fragment", "/a?b#c", []],
  ["dot segments", "/a/./b/../c/", []],
  ["bytes beyond ASCII", "/é?ü=ö", []],
  ["-d several times", "/", ["-d", "a=1", "-d", "b=2 3", "--data-raw", "@c", "-d", ""]],
  ["-d @file", "/", ["-d", "@lines.txt"]],
  ["-d @-", "/", ["-d", "@-"], "from\nstdin"],
  ["--data-binary @file", "/", ["--data-binary", "@data.bin"]],
  ["-d with -X", "/", ["-XPATCH", "-da"]],
  ["-d and another type", "/", ["-d", "{}", "-H", "Content-Type: application/json"]],
  ["--json several times", "/", ["--json", '{"a":', "--json", "1}"]],
  ["--json @file and another Accept", "/", ["--json", "@page.html", "-H", "Accept: text/html"]],
  [
    "--data-urlencode",
    "/",
    [
      "--data-urlencode",
      "a b&c",
      "--data-urlencode",
      "=d e",
      "--data-urlencode",
      "n=ü+/~",
      "--data-urlencode",
      "f@page.html",
    ],
  ],
  ["-G", "/p?x=y", ["-G", "-d", "a=1", "--data-urlencode", "q=a b"]],
  ["-G and -I", "/p", ["-GI", "-d", "a=1", "-o", "/dev/null"]],
  [
    "headers added, replaced, emptied and removed",
    "/",
    ["-H", "X-A: b", "-H", "accept: c", "-H", "X-E;", "-H", "User-Agent:"],
  ],
  ["a header several times", "/", ["-H", "X-A: 1", "-H", "X-A: 2"]],
  ["headers of a file", "/", ["-H", "@headers"]],
  ["-u, -A, -e, -b, -r", "/", ["-u", "ü:p:w", "-A", "uisge/9", "-e", "http://r/", "-b", "b=2; c=3", "-r", "0-3"]],
  ["-A with nothing", "/", ["-A", ""]],
  [
    "-F",
    "/",
    [
      "-F",
      "a=1",
      "-F",
      "f=@page.html",
      "-F",
      "g=<lines.txt",
      "-F",
      'h=@data.bin;type=x/y;filename=q"u o',
      "--form-string",
      "i=@j;k",
    ],
  ],
  ["-F with a type that has a parameter", "/", ["-F", "a=1;type=text/plain; charset=utf-8"]],
  ["-T file", "/up", ["-T", "data.bin", "-H", "Expect:"]],
  ["-T file, into a folder", "/up/", ["-T", "data.bin", "-H", "Expect:"]],
  ["-T -", "/up", ["-T", "-", "-H", "Expect:"], "streamed"],
  ["--compressed of gzip", "/gzip", ["--compressed"]],
  ["--compressed of deflate", "/deflate", ["--compressed"]],
  ["a coding that nobody has asked for", "/gzip", []],
  ["-f at 404", "/status?status=404", ["-f"]],
  ["-f at 200", "/status?status=200", ["-f"]],
  ["--fail-with-body at 500", "/status?status=500", ["--fail-with-body"]],
  ["404 without -f", "/status?status=404", []],
  ["-L", "/redirect?status=302&to=/next?a", ["-L"]],
  ["a redirect without -L", "/redirect?status=302&to=/next", []],
  ...[301, 302, 303, 307, 308].flatMap((status) => [
    [`-L and -d at ${status}`, `/redirect?status=${status}&to=next`, ["-L", "-d", "a=1"]] as const,
    [`-L, -X PUT and -d at ${status}`, `/redirect?status=${status}&to=/next`, ["-L", "-XPUT", "-d", "a=1"]] as const,
  ]),
  ["too many redirects", "/redirect?status=302&to=/redirect%3Fstatus=302%26to=/x", ["-L", "--max-redirs", "0"]],
  ["-m", "/never", ["-m", "0.3"]],
  ["an option that is unknown", "/", ["--no-such-thing"]],
  ["an option without its value", "/", ["-H"]],
  ["-I and -d", "/", ["-I", "-d", "a"]],
  [
    "-w",
    "/?a",
    [
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} %{size_download} %{method} %{num_redirects} %{content_type} %header{set-cookie} %%\\n%{exitcode}",
    ],
  ],
  ["-w of a failure", "/status?status=410", ["-f", "-w", "%{http_code} %{onerror}%{exitcode}"]],
  ["a blank in the path", "/a b", []],
];

needs("nginx", "curl").serial(
  "curl through nginx and uisge curl to the socket get the same body and exit code",
  async (t) => {
    await using server = await serveEcho();
    await using nginx = await startNginx({
      confText: ({ port }) =>
        `server { listen 127.0.0.1:${port}; client_max_body_size 0; merge_slashes on;
        location / { include /etc/nginx/uwsgi_params; uwsgi_pass unix:${server.path}; uwsgi_read_timeout 5s; uwsgi_buffering off; } }`,
    });
    const cwd = files(t);
    const different: unknown[] = [];
    const compare = async ([what, path, args, input = ""]: (typeof sameAsCurl)[number]): Promise<void> => {
      const agent = args.includes("-A") || args.includes("User-Agent:") ? [] : ["-A", "uisge/1"];
      const of = ["-s", ...agent, ...args];
      const theirs = await runProgram(findProgram("curl") as string, [`http://127.0.0.1:${nginx.port}${path}`, ...of], {
        cwd,
        input,
      });
      const ours = await runUisge(["curl", server.path, path, ...of], { cwd, input });
      const seen = { body: ours.stdout.toString("latin1"), code: ours.code };
      const wanted = { body: theirs.stdout.toString("latin1"), code: theirs.code };
      if (!isDeepStrictEqual(seen, wanted)) different.push({ what, seen, wanted, said: ours.stderr });
    };
    t.timeout(240_000);
    // A few at a time: each starts two programs.
    const waiting = [...sameAsCurl];
    await Promise.all(
      [1, 2, 3].map(async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await compare(next);
      }),
    );
    t.deepEqual(different, []);
  },
);

for (const [what, answer, args, code, message] of [
  ["no answer", "", [], 52, /closed the connection without an answer/],
  ["garbage", "\x00\x01\x02\x03", [], 8, /not a response head/],
  ["half a head", "HTTP/1.1 200 OK\r\nA: b", [], 8, /ended inside its head/],
  ["a body that is cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", [], 18, /./],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: 9x\r\n\r\nabc", [], 8, /CONTENT_LENGTH|Content-Length/],
  ["a coding that it has not", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabc", ["--compressed"], 61, /./],
] as const) {
  test(`${what} has curl's exit code ${code}`, async (t) => {
    await using peer = await startPeer((socket) => socket.end(Buffer.from(answer, "latin1")));
    const ran = await runUisge(["curl", peer.address, "/", ...args]);
    t.is(ran.code, code, ran.stderr);
    t.regex(ran.stderr, message);
    t.regex(ran.stderr, new RegExp(`^uisge curl: \\(${code}\\) `));
  });
}

test("a reset has curl's exit code 56", async (t) => {
  await using peer = await startPeer((socket) => socket.resetAndDestroy());
  t.is((await runUisge(["curl", peer.address, "/"])).code, 56);
});

for (const [what, args, code] of [
  ["a socket that is not there", ["/tmp/uisge-no-such-socket", "/"], 7],
  ["a name that is not known", ["no-such-host.invalid:1", "/"], 6],
  ["an address that is none", ["nonsense", "/"], 3],
  ["a URL of another kind", ["/tmp/x", "ftp://a/"], 3],
  ["no address", [], 2],
  ["a var without a name", ["/tmp/x", "/", "--var", "=x"], 2],
  ["a modifier that is none", ["/tmp/x", "/", "--modifier1", "256"], 2],
  ["a packet that is too large", ["/tmp/x", "/", "--var", `A=${"x".repeat(65_535)}`], 2],
  ["a file that is not there", ["/tmp/x", "/", "--data-binary", "@/tmp/uisge-no-such-file"], 26],
  ["a password that is not given", ["/tmp/x", "/", "-u", "name"], 2],
] as const) {
  test(`${what} has curl's exit code ${code}`, async (t) => {
    const ran = await runUisge(["curl", ...args]);
    t.is(ran.code, code, ran.stderr);
    t.regex(ran.stderr, new RegExp(`^uisge curl: \\(${code}\\) `));
  });
}

test("a server that does not answer has curl's exit code 28, and -s says nothing of it but with -S", async (t) => {
  await using peer = await startPeer(() => {});
  t.deepEqual(
    { ...(await runUisge(["curl", peer.address, "/", "-m", "0.2", "-s"])) },
    { code: 28, stdout: Buffer.alloc(0), stderr: "" },
  );
  t.regex((await runUisge(["curl", peer.address, "/", "-m", "0.2", "-sS"])).stderr, /^uisge curl: \(28\)/);
});

test("vars are set, emptied and left out, and modifiers go into the header of the packet", async (t) => {
  await using peer = await startPeer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  const args = ["--var", "A=b=c", "--var", "REMOTE_ADDR=192.0.2.1", "--var", "CONTENT_TYPE", "--var", "QUERY_STRING="];
  t.is((await runUisge(["curl", peer.address, "/x?q", "--modifier1", "5", "--modifier2", "7", ...args])).code, 0);
  const [packet = Buffer.alloc(0)] = peer.received;
  t.deepEqual([packet[0], packet[3]], [5, 7]);
  const text = packet.toString("latin1");
  t.true(text.includes("\x01\0A\x03\0b=c"));
  t.true(text.includes("\x0b\0REMOTE_ADDR\x09\x00192.0.2.1"));
  t.true(text.includes("\x0c\0QUERY_STRING\0\0"));
  t.false(text.includes("CONTENT_TYPE"));
});

test("a URL says to the application which host and scheme it has", async (t) => {
  await using peer = await startPeer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  await runUisge(["curl", peer.address, "https://u:p@example.test:8443/x"]);
  const text = peer.received[0]?.toString("latin1") ?? "";
  for (const [name, value] of [
    ["HTTP_HOST", "example.test:8443"],
    ["SERVER_NAME", "example.test"],
    ["SERVER_PORT", "8443"],
    ["HTTPS", "on"],
    ["HTTP_AUTHORIZATION", "Basic dTpw"],
    ["PATH_INFO", "/x"],
  ] as const) {
    t.true(text.includes(`${name}${String.fromCharCode(value.length)}\0${value}`), name);
  }
});

test("-v shows packet, vars and heads on standard error, -i the head before the body, --timing the times", async (t) => {
  await using server = await serveEcho();
  const ran = await runUisge(["curl", server.path, "/status?status=201", "-vi", "--timing"]);
  t.is(ran.stdout.toString(), "HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\na body\n");
  t.regex(
    ran.stderr,
    /^\* Connecting to .*\n\* Connected\n> packet: modifier1 0 \(WSGI \(Python\) request\), datasize \d+, modifier2 0\n/,
  );
  t.regex(ran.stderr, /^> PATH_INFO=\/status$/m);
  t.regex(ran.stderr, /^< HTTP\/1\.1 201 Created$/m);
  t.regex(ran.stderr, /^connected +[\d.]+ ms\nfirst byte +[\d.]+ ms\ncomplete +[\d.]+ ms$/m);
});

test("a redirect to another host is not followed, and that is said", async (t) => {
  await using server = await serveEcho();
  const ran = await runUisge(["curl", server.path, "/redirect?status=302&to=http://other.test/", "-L"]);
  t.is(ran.stdout.toString(), "moved");
  t.regex(ran.stderr, /not followed, it leads to another host: http:\/\/other\.test\//);
});

test("a header that front ends drop is told, not lost silently", async (t) => {
  await using server = await serveEcho();
  t.regex((await runUisge(["curl", server.path, "/", "-H", "X_A: 1"])).stderr, /header X_A is not sent/);
});

test("-o, -O and -D write files, and a failure leaves the file that is there", async (t) => {
  await using server = await serveEcho();
  const cwd = folderOf(t);
  await runUisge(["curl", server.path, "/big", "-o", "a/b", "--create-dirs", "-D", "head"], { cwd });
  t.is(readFileSync(join(cwd, "a/b")).length, 5_000_000);
  t.regex(readFileSync(join(cwd, "head"), "latin1"), /^HTTP\/1\.1 200 OK\r\n\r\n$/);
  await runUisge(["curl", server.path, "/some/name?x", "-O"], { cwd });
  t.regex(readFileSync(join(cwd, "name"), "utf8"), /"url":"\/some\/name\?x"/);
  writeFileSync(join(cwd, "kept"), "old");
  t.is((await runUisge(["curl", server.path, "/status?status=500", "-f", "-o", "kept"], { cwd })).code, 22);
  t.is(readFileSync(join(cwd, "kept"), "utf8"), "old");
  t.is((await runUisge(["curl", server.path, "/", "-o", "no/such/folder"], { cwd })).code, 23);
});

needs("sh").serial("a reader that goes away ends the transfer with curl's exit code 23", async (t) => {
  await using server = await serveEcho();
  const script = `{ "$0" dist/cli/main.js curl "$1" /big; echo "$?" >&2; } | head -c 3`;
  const ran = await runProgram("sh", ["-c", script, process.execPath, server.path]);
  t.is(ran.stdout.toString(), "xxx");
  t.regex(ran.stderr, /^uisge curl: \(23\) .*\n23\n$/);
});

test("values of options may be help, or begin with a dash", async (t) => {
  await using server = await serveEcho();
  const ran = await runUisge(["curl", server.path, "/", "-d", "help", "-d", "-h", "-d", "--help"]);
  t.regex(ran.stdout.toString(), /"body":"help&-h&--help"/);
});
