import test from "ava";
import { type FetchApplication, fetchHandler } from "../../../src/app/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { type Answer, ask, get, post } from "../../helpers/raw-client.ts";
import { startServer } from "../../helpers/test-server.ts";

/** The answer of an application to one request. */
async function run(application: FetchApplication, request: Uint8Array = get()): Promise<Answer> {
  await using server = await startServer(fetchHandler(application));
  return await ask(server.address, request);
}

test("a function is called with the request and answers by its Response", async (t) => {
  const answer = await run(async (request) => new Response(await request.text()), post("hello"));
  t.is(answer.status, 200);
  t.is(answer.body, "hello");
});

test("fetch of an object is called as its method", async (t) => {
  const application = {
    greeting: "hello",
    fetch(this: { readonly greeting: string }): Response {
      return new Response(this.greeting);
    },
  };
  t.is((await run(application)).body, "hello");
});

for (const [what, application] of [
  ["null", null],
  ["undefined", undefined],
  ["an object without fetch", {}],
  ["text", "app.js"],
] as const) {
  test(`${what} is no application`, (t) => {
    const error = t.throws(() => fetchHandler(application as unknown as FetchApplication));
    t.is(errorCode(error), "UWSGI_APP_CONTRACT");
  });
}
