import test from "ava";
import { requestIdOf } from "../../src/server/request-id.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { respond, startServer } from "../helpers/test-server.ts";

for (const given of ["4f0c9a1b", "a-Z_0.9~+/=:@", "x".repeat(128)]) {
  test(`a request keeps the id ${given.slice(0, 20)} (${given.length}) that the front end gave it`, (t) => {
    t.is(requestIdOf(given), given);
  });
}

for (const [about, given] of [
  ["nothing", undefined],
  ["an empty one", ""],
  ["one of 129 characters", "x".repeat(129)],
  ["a blank", "a b"],
  ["a quote", 'a"b'],
  ["a line end", "a\nb"],
  ["two joined ones", "a, b"],
  ["what an application put there", 7],
] as const) {
  test(`a request gets an id of its own instead of ${about}`, (t) => {
    t.regex(requestIdOf(given), /^[0-9a-f]{32}$/);
  });
}

test("an id of our own is made once for each request, and is the same in all that is told of it", async (t) => {
  await using server = await startServer((request) => {
    request.log("first");
    return respond(request.id);
  });
  const [first, second] = [await ask(server.address), await ask(server.address)];
  t.not(first.body, second.body);
  t.is((await server.seen.messages.at(0)).requestId, first.body);
  t.is((await server.seen.ends.at(1)).requestId, second.body);
});

test("an application cannot change the id by changing its environ", async (t) => {
  await using server = await startServer((request) => {
    request.environ["HTTP_X_REQUEST_ID"] = "forged";
    return respond(request.id);
  });
  t.is((await ask(server.address, get({ HTTP_X_REQUEST_ID: "front-1" }))).body, "front-1");
});
