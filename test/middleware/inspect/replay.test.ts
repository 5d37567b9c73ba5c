import test from "ava";
import { decodePacket } from "../../../src/codec/index.ts";
import { surround } from "../../../src/handler/index.ts";
import { inspect } from "../../../src/middleware/inspect/index.ts";
import type { InjectRequest } from "../../../src/testing/index.ts";
import { RawClient } from "../../helpers/raw-client.ts";
import { startServer } from "../../helpers/test-server.ts";
import { Inspected, ok } from "./helpers.ts";

const echo: ConstructorParameters<typeof Inspected>[0] = async ({ environ, body }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const { REQUEST_METHOD: method, REQUEST_URI: target, HTTP_COOKIE: cookie = "none" } = environ;
  return ok(`${method} ${target} ${String(environ["HTTP_X_OWN"])} ${cookie} ${Buffer.concat(chunks).toString()}`, [
    ["Content-Type", "text/plain"],
  ]);
};

async function packetFile(inspected: Inspected, request: InjectRequest): Promise<Uint8Array> {
  await inspected.ask(request);
  return (await inspected.ask("/__inspect/1.uwsgi")).body;
}

const request = {
  path: "/caf%C3%A9?a=b",
  headers: { "X-Own": "\xe9 \xff", Cookie: "sid=planted", Origin: "http://localhost" },
  body: "a body \u00e9",
};

for (const [what, replaySecrets, seen] of [
  ["with the secrets of its request where they are wanted", true, "sid=planted"],
  ["without the secrets of its request", false, "sid=[redacted]"],
] as const) {
  test(`a packet file that is sent to a server is answered as its request was, ${what}`, async (t) => {
    const inspected = new Inspected(echo, { development: true, bodyBytes: 1_000, replaySecrets });
    const file = await packetFile(inspected, request);
    await using server = await startServer(surround(echo, [inspect()]));
    using client = await RawClient.connect(server.address);
    await client.send(file);
    await client.ending;
    const body = Buffer.from(client.text.split("\r\n\r\n")[1] ?? "", "latin1").toString();
    t.is(body, `POST /caf%C3%A9?a=b \u00e9 \u00ff ${seen} a body \u00e9`);
    t.deepEqual(server.seen.refused.all, []);
  });
}

test("a packet file has the vars as they came, in their order, and nothing that a server adds", async (t) => {
  const inspected = new Inspected(async (given) => {
    given.environ["wsgi.late"] = "x";
    return ok();
  });
  const outer = new Inspected((given) => {
    Object.assign(given.environ, { "uisge.user": "a layer above", "wsgi.input": {} });
    return inspected.handler(given);
  }, {});
  await outer.ask({ path: "/?a=b" });
  const packet = decodePacket((await inspected.ask("/__inspect/1.uwsgi")).body);
  const names = [...(packet?.vars ?? [])].map(([name]) => name);
  t.deepEqual(names.slice(0, 2), ["QUERY_STRING", "REQUEST_METHOD"]);
  t.false(names.some((name) => name.includes(".")));
});

for (const [why, bodyBytes, body, reads] of [
  ["that was not kept", 0, "123456", true],
  ["of which a part was kept", 3, "123456", true],
  ["that was not read", 100, "123456", false],
] as const) {
  test(`a packet file of a request with a body ${why} announces none`, async (t) => {
    const inspected = new Inspected(
      async (given) => {
        if (reads) await given.body.read();
        return ok();
      },
      { development: true, bodyBytes },
    );
    const file = await packetFile(inspected, { body });
    const packet = decodePacket(file);
    t.is(packet?.byteLength, file.length);
    t.is(new Map(packet?.vars ?? []).get("CONTENT_LENGTH"), "");
    t.is((await inspected.detail(1)).replay, "without-body");
  });
}

test("a body whose secrets are left out is announced as long as it is then", async (t) => {
  const inspected = new Inspected(echo, { development: true, bodyBytes: 1_000 });
  const file = await packetFile(inspected, { body: new URLSearchParams("password=p&a=b") });
  const packet = decodePacket(file);
  const body = Buffer.from(file.subarray(packet?.byteLength)).toString();
  t.is(body, "password=[redacted]&a=b");
  t.is(new Map(packet?.vars ?? []).get("CONTENT_LENGTH"), String(body.length));
});

test("a request that fits no packet has no packet file", async (t) => {
  const inspected = new Inspected(() => ok(), { development: true, replaySecrets: true });
  const outer = new Inspected((given) => {
    given.environ["ADDED"] = "x".repeat(70_000);
    return inspected.handler(given);
  }, {});
  await outer.ask("/");
  t.is((await inspected.ask("/__inspect/1.uwsgi")).status, 404);
  t.is((await inspected.detail(1)).replay, "none");
});
