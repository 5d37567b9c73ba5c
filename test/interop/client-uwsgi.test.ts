/** The client against a real uWSGI: requests, bodies of any size, and packets of other families. */
import { createHash } from "node:crypto";
import test from "ava";
import { Client, exchange, ping, request } from "../../src/client/index.ts";
import { decodeVars } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import { collect } from "../helpers/collect-garbage.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { startServer } from "../helpers/test-server.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { startUwsgiApplication, type UwsgiApplication } from "../helpers/uwsgi-application.ts";

const APPLICATION = `
import hashlib, json, uwsgi

uwsgi.register_rpc("upper", lambda text: text.upper())

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/hash":
        digest, size, left = hashlib.sha256(), 0, int(environ.get("CONTENT_LENGTH") or 0)
        while left > 0:
            piece = environ["wsgi.input"].read(min(left, 65536))
            if not piece:
                break
            digest.update(piece)
            size += len(piece)
            left -= len(piece)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [("%d %s" % (size, digest.hexdigest())).encode()]
    if path == "/big":
        headers = [("Content-Length", str(52428800))] if environ["QUERY_STRING"] == "length" else []
        start_response("200 OK", headers)
        return (b"x" * 65536 for _ in range(800))
    if path == "/early":
        start_response("401 No", [("Content-Length", "2")])
        return [b"no"]
    if path == "/short":
        start_response("200 OK", [("Content-Length", "10")])
        return [b"short"]
    if path == "/long":
        start_response("200 OK", [("Content-Length", "2")])
        return [b"long"]
    if path == "/raises":
        raise Exception("before the head")
    if path == "/headless":
        return [b"body without a head"]
    if path == "/warn":
        uwsgi.set_warning_message("disk is nearly full")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({k: v for k, v in environ.items() if isinstance(v, str)}).encode()]
`;

const uwsgiTest = needsUwsgiPython();
let started: UwsgiApplication | undefined;
const spools = tempFolder();

test.before(async () => {
  if (findProgram("uwsgi") !== undefined) {
    started = await startUwsgiApplication({
      application: APPLICATION,
      plugins: ["ping", "echo", "signal", "cache", "spooler", "rpc"],
      args: ["--cache2", "name=c,items=20", "--spooler", spools.path],
    });
  }
});

test.after.always(async () => {
  await started?.stop();
  spools[Symbol.dispose]();
});

function address(): string {
  if (started === undefined) throw new Error("uWSGI is not there");
  return started.socket;
}

uwsgiTest("a request is what the application sees", async (t) => {
  const response = await request(address(), {
    method: "PUT",
    path: "http://ex.test:81/a%20b?c=d",
    headers: { "X-A": ["1", "2"], Cookie: "a=b" },
    vars: { REMOTE_USER: "me" },
    body: new URLSearchParams({ e: "f" }),
  });
  t.is(response.status, 200);
  t.like(await response.json(), {
    REQUEST_METHOD: "PUT",
    PATH_INFO: "/a b",
    QUERY_STRING: "c=d",
    REQUEST_URI: "/a%20b?c=d",
    SERVER_NAME: "ex.test",
    SERVER_PORT: "81",
    HTTP_HOST: "ex.test:81",
    HTTP_X_A: "1, 2",
    HTTP_COOKIE: "a=b",
    REMOTE_USER: "me",
    CONTENT_TYPE: "application/x-www-form-urlencoded;charset=UTF-8",
    CONTENT_LENGTH: "3",
    SERVER_PROTOCOL: "HTTP/1.1",
  });
});

for (const protocol of ["HTTP/1.0", "HTTP/2.0", null]) {
  uwsgiTest(`the status line that uWSGI makes of SERVER_PROTOCOL ${protocol} is read`, async (t) => {
    t.is((await request(address(), { vars: { SERVER_PROTOCOL: protocol } })).status, 200);
  });
}

uwsgiTest("an answer to HEAD has no body, though uWSGI sends one", async (t) => {
  const response = await request(address(), { method: "HEAD", path: "/big?length" });
  t.is(response.header("Content-Length"), "52428800");
  t.is((await response.bytes()).length, 0);
});

uwsgiTest("an application that raises before its head is gone, one without a head is no response", async (t) => {
  await t.throwsAsync(request(address(), { path: "/raises" }), { code: "UWSGI_PEER_GONE" });
  const code = await request(address(), { path: "/headless" }).then(() => undefined, errorCode);
  // By its plugin for Python uWSGI drops such a body, or sends it as it is.
  t.true(code === "UWSGI_BAD_RESPONSE_HEAD" || code === "UWSGI_PEER_GONE", code);
});

uwsgiTest("a body shorter than its length is truncated, a longer one is cut", async (t) => {
  await t.throwsAsync((await request(address(), { path: "/short" })).bytes(), { code: "UWSGI_RESPONSE_TRUNCATED" });
  const long = await request(address(), { path: "/long" });
  t.is(await long.text(), "lo");
  t.is(long.excessBytes, 2);
});

uwsgiTest("an answer that comes before the upload is read counts", async (t) => {
  for (let round = 0; round < 20; round++) {
    const response = await request(address(), { method: "POST", path: "/early", body: big(), contentLength: SIZE });
    t.deepEqual([response.status, await response.text()], [401, "no"]);
  }
});

// 50 MB

const SIZE = 800 * 65_536;
const piece = Buffer.alloc(65_536, "x");
const digest = createHash("sha256").update(Buffer.alloc(SIZE, "x")).digest("hex");

async function* big(): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < 800; count++) yield piece;
}

/** Most bytes that `run` had more than before, seen from outside of its buffers. */
async function growth(run: (look: () => void) => Promise<void>): Promise<number> {
  const used = (): number => {
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return arrayBuffers + heapUsed;
  };
  const before = used();
  let most = 0;
  await run(() => {
    // The collector may be a whole body late: what nobody holds is not counted.
    if (used() - before > FLAT_BYTES) collect();
    // What was found unused is given back at the next collection, at the latest.
    if (used() - before > FLAT_BYTES) collect();
    most = Math.max(most, used() - before);
  });
  return most;
}

const FLAT_BYTES = 40 * 1024 ** 2;

for (const [what, contentLength] of [
  ["of a length that is known", SIZE],
  ["of a length that is not known, by the disk", undefined],
] as const) {
  uwsgiTest.serial(`50 MB ${what} arrive whole at uWSGI, in flat memory`, async (t) => {
    const most = await growth(async (look) => {
      async function* watched(): AsyncGenerator<Uint8Array> {
        for await (const one of big()) {
          look();
          yield one;
        }
      }
      const body = watched();
      const options = contentLength === undefined ? { body } : { body, contentLength };
      const response = await request(address(), { method: "POST", path: "/hash", ...options });
      t.is(await response.text(), `${SIZE} ${digest}`);
      look();
    });
    t.true(most < FLAT_BYTES, `${most}`);
  });
}

for (const path of ["/big", "/big?length"]) {
  uwsgiTest.serial(`50 MB of ${path} come whole from uWSGI, in flat memory`, async (t) => {
    const most = await growth(async (look) => {
      const hash = createHash("sha256");
      const { body } = await request(address(), { path });
      for await (const one of body) {
        hash.update(one);
        look();
      }
      t.is(hash.digest("hex"), digest);
    });
    t.true(most < FLAT_BYTES, `${most}`);
  });
}

test.serial("50 MB go to our server and come back, in flat memory", async (t) => {
  await using server = await startServer(({ body }) => ({ status: 200, headers: [], body }));
  const most = await growth(async (look) => {
    const hash = createHash("sha256");
    const response = await request(server.address, { method: "POST", body: big(), contentLength: SIZE });
    for await (const one of response.body) {
      hash.update(one);
      look();
    }
    t.is(hash.digest("hex"), digest);
  });
  t.true(most < FLAT_BYTES, `${most}`);
});

// Other packets

uwsgiTest.serial("a ping is answered, with what the application complains of", async (t) => {
  t.is((await ping(address())).warning, "");
  await (await request(address(), { path: "/warn" })).bytes();
  t.is((await ping(new Client(address()))).warning, "disk is nearly full");
});

uwsgiTest("echo (101) answers the payload bare", async (t) => {
  const reply = await exchange(address(), { modifier1: 101, payload: "hello" });
  t.is(Buffer.from(await reply.bytes()).toString(), "hello");
});

uwsgiTest("a signal (110) is answered with a packet 255 that says whether it was taken", async (t) => {
  await using reply = await exchange(address(), { modifier1: 110, modifier2: 5 });
  t.like(await reply.readPacket({ modifier1: 255 }), { modifier1: 255, modifier2: 1 });
});

uwsgiTest("the cache (111) keeps a value that follows its packet, and answers a miss by closing", async (t) => {
  async function* value(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("value");
  }
  const vars = { cmd: "set", key: "k", size: "5" };
  const set = await exchange(address(), { modifier1: 111, modifier2: 17, vars }, { body: value() });
  t.deepEqual([...decodeVars((await set.readPacket()).payload)], [["status", "ok"]]);
  await using got = await exchange(address(), { modifier1: 111, modifier2: 17, vars: { cmd: "get", key: "k" } });
  const { payload } = await got.readPacket({ modifier1: 111, modifier2: 17 });
  t.like(Object.fromEntries(decodeVars(payload)), { status: "ok", size: "5" });
  t.is(Buffer.from(await got.read(5)).toString(), "value");
  const missed = await exchange(address(), { modifier1: 111, modifier2: 17, vars: { cmd: "get", key: "none" } });
  t.is((await missed.bytes()).length, 0);
});

uwsgiTest("the spooler (17) says that it has stored a task", async (t) => {
  await using reply = await exchange(address(), { modifier1: 17, vars: { task: "a" } });
  t.like(await reply.readPacket(), { modifier1: 255, modifier2: 1 });
});

uwsgiTest("a function (173) answers its result, an unknown one by closing", async (t) => {
  await using reply = await exchange(address(), { modifier1: 173, items: ["upper", "abc"] });
  t.is(Buffer.from((await reply.readPacket({ modifier1: 173 })).payload).toString(), "ABC");
  t.is((await (await exchange(address(), { modifier1: 173, items: ["unknown"] })).bytes()).length, 0);
});

uwsgiTest("a modifier that uWSGI has no plugin for is answered by closing", async (t) => {
  t.is((await (await exchange(address(), { modifier1: 200 })).bytes()).length, 0);
  await t.throwsAsync(request(address(), { modifier1: 200 }), { code: "UWSGI_PEER_GONE" });
});
