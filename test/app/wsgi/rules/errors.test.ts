/** PEP 3333, `wsgi.errors`: rule 25. */
import test from "ava";
import type { WsgiEnviron } from "../../../../src/app/index.ts";
import { run, type Start } from "../../../helpers/wsgi-run.ts";

test("pep3333-25: wsgi.errors goes to the log line by line; what has no line end yet waits", async (t) => {
  const { seen } = await run((environ: WsgiEnviron, start: Start) => {
    const errors = environ["wsgi.errors"];
    errors.write("one\ntw");
    errors.write("o\n\n");
    errors.writelines(["thr", "ee €\n", "four"]);
    errors.flush();
    errors.flush();
    errors.write("five");
    start("200 OK", []);
    return "";
  });
  t.deepEqual(
    seen.messages.all.map(({ text }) => text),
    ["one", "two", "", "three €", "four", "five"],
  );
});
