/** `nginx-example.conf`, not one byte of it changed, does what its comments say. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { serve } from "../../src/index.ts";
import { needsExamplePlaces, startExample } from "../helpers/example-stack.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import type { Place } from "../helpers/front-end-process.ts";
import { exampleConf, exampleSubstitutions } from "../helpers/nginx.ts";
import { startFront } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import type { Substitutions } from "../helpers/substitute.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { echo, showEnviron, varsIn } from "../helpers/wsgi-apps.ts";

const exampleTest = await needsExamplePlaces();

exampleTest("nginx-example.conf passes a request on with the vars that it promises", async (t) => {
  await using stack = await startExample(showEnviron);
  const answer = await send({ port: stack.port, path: "/tea%20pot?n=1" });
  t.like(varsIn(answer), {
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/tea%20pot?n=1",
    SCRIPT_NAME: "",
    PATH_INFO: "/tea pot",
    QUERY_STRING: "n=1",
    CONTENT_LENGTH: "",
    REQUEST_SCHEME: "http",
    REMOTE_ADDR: "127.0.0.1",
    SERVER_NAME: "localhost",
    SERVER_PORT: "8080",
    HTTP_HOST: "127.0.0.1:8080",
    DOCUMENT_ROOT: join(stack.prefix, "public"),
  });
});

exampleTest("nginx-example.conf gives application and client the same X-Request-ID, nginx's own", async (t) => {
  await using stack = await startExample((environ, startResponse) => {
    startResponse("200 OK", [["X-Request-ID", "the application's"]]);
    return String(environ["HTTP_X_REQUEST_ID"]);
  });
  const answer = await send({ port: stack.port, headers: [["X-Request-ID", "the client's"]] });
  t.regex(answer.body.toString(), /^[0-9a-f]{32}$/);
  t.deepEqual(answer.headers.get("x-request-id"), [answer.body.toString()]);
});

exampleTest("nginx-example.conf removes what a client claims about earlier hops", async (t) => {
  await using stack = await startExample(showEnviron);
  const claims = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Proxy"];
  const answer = await send({ port: stack.port, headers: claims.map((name) => [name, "192.0.2.1"]) });
  t.deepEqual(
    Object.entries(varsIn(answer)).filter(([, value]) => value.includes("192.0.2.1")),
    [],
  );
});

exampleTest("nginx-example.conf serves static files itself and asks the application for the others", async (t) => {
  await using stack = await startExample(showEnviron);
  await write(join(stack.prefix, "public/static/site.css"), "body { color: teal }\n");
  const file = await send({ port: stack.port, path: "/static/site.css" });
  t.is(file.body.toString(), "body { color: teal }\n");
  t.deepEqual(file.headers.get("content-type"), ["text/css"]);
  t.deepEqual(file.headers.get("cache-control"), ["max-age=3600"]);
  const other = await send({ port: stack.port, path: "/static/other.css" });
  t.is(varsIn(other)["PATH_INFO"], "/static/other.css");
});

exampleTest("nginx-example.conf hands out protected files for the application and to nobody else", async (t) => {
  await using stack = await startExample((_environ, startResponse) => {
    startResponse("200 OK", [
      ["Content-Type", "application/pdf"],
      ["X-Accel-Redirect", "/protected/report%20%C3%A9.pdf"],
    ]);
    return "";
  });
  await write(join(stack.prefix, "protected/report é.pdf"), "%PDF");
  const answer = await send({ port: stack.port, path: "/reports/1" });
  t.is(answer.body.toString(), "%PDF");
  t.deepEqual(answer.headers.get("content-type"), ["application/pdf"]);
  t.is((await send({ port: stack.port, path: "/protected/report%20%C3%A9.pdf" })).status, 404);
});

exampleTest("nginx-example.conf takes more than 10 MB below /upload and nowhere else", async (t) => {
  await using stack = await startExample(echo);
  const body = noise(11_000_000);
  const uploaded = await send({ port: stack.port, method: "POST", path: "/upload/film", body });
  t.is(uploaded.status, 200);
  t.true(uploaded.body.equals(body));
  t.is((await send({ port: stack.port, method: "POST", path: "/film", body })).status, 413);
});

needs("nginx").serial(
  "nginx-example.conf serves from another port and socket once both are written into it",
  async (t) => {
    const socket = `${folderOf(t)}/app.sock`;
    const server = await serve(showEnviron, { socket });
    const substitutions = ({ port }: Place): Substitutions => exampleSubstitutions({ port, server: `unix:${socket}` });
    await using front = await startFront({ conf: exampleConf(), substitutions }, () => server.close());
    const answer = await send({ port: front.port, path: "/moved" });
    t.like(varsIn(answer), { PATH_INFO: "/moved", SERVER_PORT: String(front.port) });
  },
);

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
