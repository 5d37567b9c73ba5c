/** The example that uses all five, run as it says, and asked as a browser would. */
import test from "ava";
import { type HttpAnswer, send } from "../helpers/http-client.ts";
import { serveExample } from "../helpers/served-example.ts";

test("the guest book: one logs in, writes, reads, and logs out; and its inside is shown to who develops", async (t) => {
  const example = await serveExample("middleware/app.js");
  t.teardown(() => example[Symbol.asyncDispose]());
  const { port } = example;
  let cookie: string | undefined;
  const ask = async (path: string, fields?: Readonly<Record<string, string>>): Promise<HttpAnswer> => {
    const answer = await send({
      port,
      path,
      method: fields === undefined ? "GET" : "POST",
      headers: [
        ["Accept", "text/html"],
        ["Accept-Encoding", "gzip"],
        ["Sec-Fetch-Site", "same-origin"],
        ...(cookie === undefined ? [] : [["Cookie", cookie] as const]),
        ...(fields === undefined ? [] : [["Content-Type", "application/x-www-form-urlencoded"] as const]),
      ],
      ...(fields === undefined ? {} : { body: Buffer.from(new URLSearchParams(fields).toString()) }),
    });
    const [set] = answer.headers.get("set-cookie") ?? [];
    if (set !== undefined) cookie = /Max-Age=0/.test(set) ? undefined : set.split(";")[0];
    return answer;
  };
  const text = async (path: string): Promise<string> => (await ask(path)).body.toString();

  t.regex(await text("/"), /<a href="\/login">Log in<\/a>/);
  const csrf = /name="csrf" value="([^"]+)"/.exec(await text("/login"))?.[1] ?? "";
  t.is((await ask("/login", { username: "ada", password: "wrong", csrf })).status, 403);
  t.is((await ask("/login", { username: "ada", password: "open sesame", csrf })).status, 303);
  t.is((await ask("/", { text: "tea <3" })).status, 303);
  const page = await text("/");
  t.regex(page, /it stands in the book/);
  t.regex(page, /<li>tea &#60;3 \(ada\)<\/li>/);
  t.notRegex(await text("/"), /it stands in the book/);
  t.is(await text("/all.json"), '[{"name":"ada","text":"tea <3"}]');
  t.regex(await text("/broken"), /the ink is dry/);
  t.regex(await text("/__inspect"), /\/broken/);
  t.is((await ask("/logout", {})).status, 303);
  t.regex(await text("/"), /Log in/);
  const foreign = await send({
    port,
    method: "POST",
    headers: [
      ["Sec-Fetch-Site", "cross-site"],
      ["Cookie", "session=x"],
    ],
    body: Buffer.from("text=x"),
  });
  t.is(foreign.status, 403);
  t.is(await example.stop(), 0);
});
