/** T2: variables by which uWSGI reads any file as the request body, and changes its own process. */
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import test from "ava";
import { wsgi } from "../../src/app/index.ts";
import { ask, get, post } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { startServer } from "../helpers/test-server.ts";
import { echo } from "../helpers/wsgi-apps.ts";

const SECRET = "root:$6$a-secret-that-is-only-in-the-file";

for (const kind of bothKinds) {
  for (const name of [
    "UWSGI_POSTFILE",
    "UWSGI_CACHE_GET",
    "UWSGI_FILE",
    "UWSGI_SCRIPT",
    "HTTP_X_FILE",
    "DOCUMENT_ROOT",
  ]) {
    test(`T2: the body is the wire's, though ${name} names a file, on ${kind}`, async (t) => {
      using folder = tempFolder();
      const file = folder.file("secret");
      writeFileSync(file, SECRET);
      await using server = await startServer(wsgi(echo), { kind });
      t.is((await ask(server.address, post("of the wire", { [name]: file }))).body, "of the wire");
      // Without a body there is none: nothing steps in for it.
      t.is((await ask(server.address, get({ [name]: file }))).body, "");
      t.is((await ask(server.address, get({ [name]: file, CONTENT_LENGTH: "0" }))).body, "");
      t.is(readFileSync(file, "latin1"), SECRET);
    });
  }

  test(`T2: a CONTENT_LENGTH of the file's size takes nothing from the file on ${kind}`, async (t) => {
    using folder = tempFolder();
    const file = folder.file("secret");
    writeFileSync(file, SECRET);
    await using server = await startServer(wsgi(echo), { kind });
    const body = "x".repeat(SECRET.length);
    t.is((await ask(server.address, post(body, { UWSGI_POSTFILE: file }))).body, body);
  });

  test(`T2: UWSGI_CHDIR, UWSGI_SETENV and UWSGI_TOUCH_RELOAD change neither process nor file on ${kind}`, async (t) => {
    using folder = tempFolder();
    const elsewhere = folder.file("elsewhere");
    mkdirSync(elsewhere);
    const touched = folder.file("touched");
    writeFileSync(touched, "");
    utimesSync(touched, 1, 1);
    await using server = await startServer(wsgi(echo), { kind });
    const before = [process.cwd(), { ...process.env }, statSync(touched).mtimeMs];
    const answer = await ask(
      server.address,
      post("x", {
        UWSGI_CHDIR: elsewhere,
        UWSGI_SETENV: "UISGE_TEST_SETENV=1",
        UWSGI_TOUCH_RELOAD: touched,
      }),
    );
    t.is(answer.body, "x");
    t.deepEqual([process.cwd(), { ...process.env }, statSync(touched).mtimeMs], before);
  });
}
