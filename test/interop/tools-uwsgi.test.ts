/** curl, record and replay with a real uWSGI and its Python. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { Recorder } from "../../src/capture/index.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { startUwsgiApplication } from "../helpers/uwsgi-application.ts";

const APP = `import hashlib
def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] == "/unread":
        raise RuntimeError("before an answer")
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Method", environ["REQUEST_METHOD"])])
    return [(environ["PATH_INFO"] + " " + environ["QUERY_STRING"] + " " + hashlib.md5(body).hexdigest() + "\\n").encode("latin-1")]
`;

needsUwsgiPython().serial(
  "uWSGI's Python is asked by curl, through a recorder, and asked again by replay",
  async (t) => {
    const folder = folderOf(t);
    await using uwsgi = await startUwsgiApplication({ application: APP });
    const front = join(folder, "front.sock");
    const file = join(folder, "rec");
    await using recorder = await Recorder.start({ socket: front, to: uwsgi.socket, file });
    const direct = await runUisge(["curl", uwsgi.socket, "/a%20b?c=d", "-i"]);
    const recorded = await runUisge(["curl", front, "/a%20b?c=d", "-i"]);
    t.is(direct.code, 0, direct.stderr);
    t.deepEqual(recorded, direct);
    t.regex(
      direct.stdout.toString(),
      /^HTTP\/1\.1 200 OK\r\n[^]*X-Method: GET\r\n\r\n\/a b c=d d41d8cd98f00b204e9800998ecf8427e\n$/,
    );
    const upload = join(folder, "upload");
    writeFileSync(upload, Buffer.alloc(5_000_000, "0123456789"));
    const posted = await runUisge(["curl", front, "/up", "-T", upload]);
    t.is(posted.stdout.toString(), (await runUisge(["curl", uwsgi.socket, "/up", "-T", upload])).stdout.toString());
    t.is((await runUisge(["curl", front, "/unread"])).code, 52);
    await recorder.close();
    t.regex(readFileSync(file, "utf8"), /"end":"complete"/);
    const again = await runUisge(["replay", file, "--to", uwsgi.socket, "--diff"]);
    t.is(again.code, 0, again.stdout.toString());
    t.regex(
      again.stdout.toString(),
      /^2 sent .*: 1 the same, 0 different, 0 not answered, 1 without a recorded answer\nnot sent: 1 change something/,
    );
  },
);
