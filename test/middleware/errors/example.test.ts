import test from "ava";
import { send } from "../../helpers/http-client.ts";
import { serveExample } from "../../helpers/served-example.ts";

test("the example shows its failures to who develops, and answers what is no failure", async (t) => {
  const example = await serveExample("errors/app.js");
  t.teardown(() => example[Symbol.asyncDispose]());
  const get = async (path: string, accept: string): Promise<string> => {
    const { status, body } = await send({ port: example.port, path, headers: [["Accept", accept]] });
    return `${status} ${body.toString()}`;
  };
  t.regex(await get("/", "text/html"), /^500 .*caused by<\/i> <b>RangeError:<\/b> <span>Lapsang Souchong wants 95/s);
  t.regex(await get("/slow", "*/*"), /^500 .*RangeError: Gyokuro wants 95 degrees/s);
  t.is(await get("/coffee", "*/*"), "422 422 Unprocessable Content\nthere is no coffee in a teahouse\n");
  t.is(await get("/tea", "*/*"), "404 there is /, /coffee and /slow\n");
  t.is(await example.stop(), 0);
});
