/** The rules for requests, with the globals that cost less in the place of the platform's; and what holds for these alone. */
import test from "ava";
import { fetchHandler, installFastGlobals } from "../../../src/app/index.ts";
import { declareRequestRules } from "./request-rules.ts";
import { stubRequest } from "./stub-request.ts";

installFastGlobals();
declareRequestRules();

test("what only inherits from a request is no request", async (t) => {
  t.plan(2);
  await fetchHandler((request) => {
    const heir = Object.create(request) as Request;
    t.throws(() => heir.method, { instanceOf: TypeError });
    t.throws(() => heir.cache, { instanceOf: TypeError });
    return new Response();
  })(stubRequest());
});
