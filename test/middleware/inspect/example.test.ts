import test from "ava";
import { send } from "../../helpers/http-client.ts";
import { serveExample } from "../../helpers/served-example.ts";

test("the example shows what it has answered, and what it was asked as a packet file", async (t) => {
  const example = await serveExample("inspect/app.js");
  t.teardown(() => example[Symbol.asyncDispose]());
  const get = async (path: string): Promise<string> => {
    const { status, body } = await send({ port: example.port, path, headers: [["Host", "localhost"]] });
    return `${status} ${body.toString("latin1")}`;
  };
  t.is(await get("/green?token=planted"), "200 tea of /green\n");
  t.regex(await get("/broken"), /^500 /);
  const list = await get("/__inspect");
  t.regex(list, /^200 .*\/broken<.*failed.*\/green\?token=\[redacted\]</s);
  t.regex(await get("/__inspect/1"), /^200 .*GET \/green.*visit=\[redacted\]; HttpOnly/s);
  t.regex(await get("/__inspect/1.uwsgi"), /^200 .*QUERY_STRING/s);
  t.is(await example.stop(), 0);
});
