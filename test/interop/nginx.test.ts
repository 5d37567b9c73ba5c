/** Requests and answers as they come through a real nginx. Bodies: `nginx-bodies.test.ts`. */
import { formatAddress } from "../../src/connection/index.ts";
import { decodeUtf8 } from "../../src/environ/index.ts";
import { serve, type WsgiApplication } from "../../src/index.ts";
import type { Place } from "../helpers/front-end-process.ts";
import { send, sendRaw } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, httpBlock, passTo, startFront, startStack } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { echo, showEnviron, varsIn } from "../helpers/wsgi-apps.ts";

const nginxTest = needs("nginx").serial;

for (const over of bothWays) {
  nginxTest(`the application sees method, path, query and headers of a request, over ${over}`, async (t) => {
    await using stack = await startStack(showEnviron, { over });
    const { port } = stack;
    const answer = await send({
      port,
      path: "/shop/tea?kind=green&n=2",
      headers: [["Accept-Language", "gd, en;q=0.5"]],
    });
    t.like(varsIn(answer), {
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/shop/tea?kind=green&n=2",
      SCRIPT_NAME: "",
      PATH_INFO: "/shop/tea",
      QUERY_STRING: "kind=green&n=2",
      SERVER_PROTOCOL: "HTTP/1.1",
      SERVER_PORT: String(port),
      REMOTE_ADDR: "127.0.0.1",
      CONTENT_LENGTH: "",
      HTTP_HOST: `127.0.0.1:${port}`,
      HTTP_ACCEPT_LANGUAGE: "gd, en;q=0.5",
      "wsgi.url_scheme": "http",
    });
  });

  nginxTest(`the client gets status, reason, headers and body of the application, over ${over}`, async (t) => {
    await using stack = await startStack(
      (_environ, startResponse) => {
        startResponse("418 Short And Stout", [
          ["Content-Type", "text/plain; charset=utf-8"],
          ["X-Pot", "caf\xe9"],
        ]);
        return "uisge beatha, fíor\n";
      },
      { over },
    );
    const { status, reason, headers, body } = await send({ port: stack.port });
    t.deepEqual([status, reason], [418, "Short And Stout"]);
    t.deepEqual(headers.get("content-type"), ["text/plain; charset=utf-8"]);
    t.deepEqual(headers.get("x-pot"), ["caf\xe9"]);
    t.deepEqual(headers.get("content-length"), ["20"]);
    t.is(body.toString(), "uisge beatha, fíor\n");
  });

  nginxTest(`200 requests of mixed sizes at once get their own answers, over ${over}`, async (t) => {
    await using stack = await startStack(echo, { over });
    const { port } = stack;
    const pool = noise(400_000);
    const bodies = Array.from({ length: 200 }, (_, i) => pool.subarray(i, i + ((i * 7_919) % 300_000)));
    const answers = await Promise.all(bodies.map((body) => send({ port, method: "POST", body })));
    t.deepEqual(
      answers.flatMap(({ status, body }, i) => (status === 200 && body.equals(bodies[i] as Buffer) ? [] : [i])),
      [],
    );
  });
}

nginxTest("a header that comes twice arrives joined by a comma, a cookie by a semicolon", async (t) => {
  await using stack = await startStack(showEnviron);
  const headers = [
    ["X-Tag", "one"],
    ["Cookie", "a=1"],
    ["X-Tag", "two"],
    ["Cookie", "b=2; c=3"],
  ] as const;
  const answer = await send({ port: stack.port, headers });
  t.like(varsIn(answer), { HTTP_X_TAG: "one, two", HTTP_COOKIE: "a=1; b=2; c=3" });
});

nginxTest("Set-Cookie headers come back one by one and in order", async (t) => {
  const cookies = ["a=1; Path=/", "b=2; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "a=3"];
  await using stack = await startStack((_environ, startResponse) => {
    startResponse(
      "200 OK",
      cookies.map((cookie) => ["Set-Cookie", cookie]),
    );
    return "";
  });
  const { headers } = await send({ port: stack.port });
  t.deepEqual(headers.get("set-cookie"), cookies);
});

nginxTest("60 KB of request headers arrive", async (t) => {
  await using stack = await startStack(showEnviron, { directives: "large_client_header_buffers 8 16k;" });
  const values = Array.from({ length: 6 }, (_, i) => String(i).repeat(10_000));
  const headers = values.map((value, i) => [`X-Long-${i}`, value] as const);
  const answer = await send({ port: stack.port, headers });
  t.like(varsIn(answer), Object.fromEntries(values.map((value, i) => [`HTTP_X_LONG_${i}`, value])));
});

nginxTest("3 KB of response headers pass nginx's default buffer", async (t) => {
  const policy = "x".repeat(3_000);
  await using stack = await startStack((_environ, startResponse) => {
    startResponse("200 OK", [["Content-Security-Policy", policy]]);
    return "ok";
  });
  const { status, headers } = await send({ port: stack.port });
  t.is(status, 200);
  t.deepEqual(headers.get("content-security-policy"), [policy]);
});

/** One answer for GET and HEAD, and the two statuses that have no body. */
const bodiless: WsgiApplication = ({ PATH_INFO }, startResponse) => {
  if (PATH_INFO === "/204")
    startResponse("204 No Content", [
      ["X-Kept", "yes"],
      ["Content-Length", "7"],
    ]);
  else if (PATH_INFO === "/304") startResponse("304 Not Modified", [["ETag", '"1"']]);
  else startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return "a body\n";
};

nginxTest("HEAD gets the Content-Length of a GET and no body", async (t) => {
  await using stack = await startStack(bodiless);
  for (const method of ["HEAD", "GET"]) {
    const { headers } = await send({ port: stack.port, method });
    t.deepEqual(headers.get("content-length"), ["7"], method);
  }
  const raw = await sendRaw(stack.port, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  t.true(raw.startsWith("HTTP/1.1 200 OK\r\n"));
  t.true(raw.endsWith("\r\n\r\n"));
});

for (const [status, header] of [
  ["204 No Content", "X-Kept: yes"],
  ["304 Not Modified", 'ETag: "1"'],
] as const) {
  nginxTest(`a ${status} keeps its headers and has neither body nor Content-Length`, async (t) => {
    await using stack = await startStack(bodiless);
    const raw = await sendRaw(
      stack.port,
      `GET /${status.slice(0, 3)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    t.true(raw.startsWith(`HTTP/1.1 ${status}\r\n`));
    t.true(raw.includes(`\r\n${header}\r\n`));
    t.notRegex(raw, /\r\ncontent-length:/i);
    t.true(raw.endsWith("\r\n\r\n"));
  });
}

nginxTest("answers without a body leave the client's connection fit for the next request", async (t) => {
  await using stack = await startStack(bodiless);
  const lines = ["HEAD /", "GET /204", "GET /304", "GET /"];
  const raw = await sendRaw(
    stack.port,
    lines.map((line, i) => `${line} HTTP/1.1\r\nHost: a\r\n${i === 3 ? "Connection: close\r\n" : ""}\r\n`).join(""),
  );
  t.deepEqual(raw.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 204", "HTTP/1.1 304", "HTTP/1.1 200"]);
  t.is(raw.split("a body\n").length, 2);
  t.true(raw.endsWith("\r\n\r\na body\n"));
});

for (const [what, target, path] of [
  ["percent-encoded UTF-8", "/caf%C3%A9/%E2%98%95?n=%C3%A9", "/café/☕"],
  ["an encoded slash", "/a%2Fb%2fc", "/a/b/c"],
  ["a plus and an encoded one", "/a+b%2Bc", "/a+b+c"],
  ["an encoded percent sign and space", "/100%25%20sure", "/100% sure"],
  ["an encoded question mark", "/what%3Fnow?x=%3F", "/what?now"],
] as const) {
  nginxTest(`PATH_INFO is decoded and REQUEST_URI is as it was sent: ${what}`, async (t) => {
    await using stack = await startStack(showEnviron);
    const vars = varsIn(await send({ port: stack.port, path: target }));
    t.is(decodeUtf8(vars["PATH_INFO"] ?? ""), path);
    t.is(vars["REQUEST_URI"], target);
    t.is(vars["QUERY_STRING"], target.split("?")[1] ?? "");
  });
}

nginxTest("bytes of a path that were not encoded are one character each in PATH_INFO and REQUEST_URI", async (t) => {
  await using stack = await startStack(showEnviron);
  const raw = await sendRaw(stack.port, "GET /caf\xe9/\xff?q=\xa0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const body = Buffer.from(raw.slice(raw.indexOf("\r\n\r\n") + 4), "latin1");
  const vars = JSON.parse(body.toString()) as Record<string, string>;
  t.is(vars["PATH_INFO"], "/caf\xe9/\xff");
  t.is(vars["REQUEST_URI"], "/caf\xe9/\xff?q=\xa0");
  t.is(vars["QUERY_STRING"], "q=\xa0");
});

nginxTest("one server answers on several sockets at once", async (t) => {
  const folder = folderOf(t);
  const server = await serve(showEnviron, { socket: [`${folder}/a`, `${folder}/b`, "127.0.0.1:0"], log: false });
  const places = server.addresses.map((address, i) => `location /${i} { ${passTo(formatAddress(address))} }`);
  const confText = ({ port }: Place): string => httpBlock(port, places.join("\n"));
  await using front = await startFront({ confText }, () => server.close());
  const paths = ["/0", "/1", "/2"];
  const answers = await Promise.all(paths.map((path) => send({ port: front.port, path })));
  t.deepEqual(
    answers.map((answer) => varsIn(answer)["PATH_INFO"]),
    paths,
  );
});
