import test from "ava";
import { Inspected, ok } from "./helpers.ts";

const SECRETS = Array.from({ length: 12 }, (_, i) => `planted-${String(i).padStart(2, "0")}-planted`);
const [basic, cookie, query, key, own, referer, setCookie, location, thrown, form, json, rewritten] =
  SECRETS as unknown as Record<number, string> & string[];

/** All that can be seen of all exchanges. */
async function shown(inspected: Inspected): Promise<string> {
  const texts = [await inspected.text("/__inspect"), await inspected.text("/__inspect.json")];
  for (const { number } of await inspected.list()) {
    for (const kind of ["", ".json"]) texts.push(await inspected.text(`/__inspect/${number}${kind}`));
    texts.push(Buffer.from((await inspected.ask(`/__inspect/${number}.uwsgi`)).body).toString("latin1"));
  }
  return texts.join("\n");
}

function leaked(text: string): string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

test("no secret of a request, or its answer, is on the page, in JSON, or in packet files", async (t) => {
  const inspected = new Inspected(
    ({ environ }) => {
      environ["REMOTE_SECRET"] = rewritten;
      if (environ.PATH_INFO === "/fail")
        throw new Error(`cannot use ${thrown} of ${String(environ["HTTP_X_API_KEY"])}`);
      return ok("", [
        ["Set-Cookie", `sid=${setCookie}; Path=/; HttpOnly`],
        ["Location", `https://example.com/?access_token=${location}`],
        ["X-Echo", `you sent ${key}`],
        ["X-Own-Token", `${own}`],
      ]);
    },
    { development: true, bodyBytes: 1_000 },
  );
  const headers = {
    Authorization: `Bearer ${basic}`,
    Cookie: `theme=dark; sid=${cookie}`,
    "X-API-Key": `${key}`,
    "X-Own-Secret": `${own}`,
    "X-Auth-Token": `${thrown}`,
    Referer: `https://example.com/?token=${referer}`,
  };
  const path = `/?page=2&password=${query}`;
  await inspected.ask({ path, headers });
  await inspected.ask({ path: "/fail", headers });
  await inspected.ask({ path, headers, body: new URLSearchParams({ name: "x", password: `${form}` }) });
  await inspected.ask({ path, headers, body: { name: "x", login: { secret: json } } });
  const text = await shown(inspected);
  t.deepEqual(leaked(text), []);
  for (const harmless of ["theme", "page=2", "HttpOnly", "cannot use"]) t.true(text.includes(harmless), harmless);
});

test("what was kept has no secret in it either", async (t) => {
  const inspected = new Inspected(() => ok());
  await inspected.ask({
    path: `/?token=${query}`,
    headers: { Authorization: `Bearer ${basic}`, Cookie: `a=${cookie}` },
  });
  const { vars } = await inspected.detail(1);
  t.deepEqual(leaked(JSON.stringify(vars)), []);
});

test("a body with fields that cannot be read is not shown", async (t) => {
  const inspected = new Inspected(
    async (request) => {
      await request.body.read();
      return ok();
    },
    { development: true, bodyBytes: 50 },
  );
  await inspected.ask({ body: { a: "x".repeat(20), password: form, b: "y".repeat(50) } });
  t.regex((await inspected.detail(1)).requestBody?.text ?? "", /^\[not shown/);
});

test("a field that is cut keeps its secret", async (t) => {
  const inspected = new Inspected(
    async (request) => {
      await request.body.read();
      return ok();
    },
    { development: true, bodyBytes: 30 },
  );
  await inspected.ask({ body: new URLSearchParams(`a=b&password=${form}`) });
  t.is((await inspected.detail(1)).requestBody?.text, "a=b&password=[redacted]");
});

test("a slow request's line has no secret", async (t) => {
  const inspected = new Inspected(() => ok(), { slowMs: 1, clock: counting() });
  const { logs } = await inspected.ask({ path: `/?token=${query}` });
  t.deepEqual([logs.length, leaked(logs.join())], [1, []]);
});

function counting(): () => number {
  let ms = 0;
  return () => (ms += 10);
}
