/** The rules for requests, with the globals of the platform. */
import { once } from "node:events";
import test from "ava";
import { platformRequest } from "../../../src/app/fetch/platform-request.ts";
import { collectGarbage, leftOf } from "../../helpers/collect-garbage.ts";
import { declareRequestRules } from "./request-rules.ts";
import { stubRequest } from "./stub-request.ts";

declareRequestRules();

test("who keeps nothing but the signal still hears that the client is gone", async (t) => {
  const request = stubRequest();
  const { signal } = platformRequest(Request, request, "GET", "http://localhost/");
  await collectGarbage();
  const heard = once(signal, "abort");
  request.aborter.abort();
  await heard;
  t.true(signal.aborted);
});

test("a request goes with the exchange that it came by", async (t) => {
  const made = Array.from(
    { length: 20 },
    () => new WeakRef(platformRequest(Request, stubRequest(), "GET", "http://localhost/")),
  );
  // Kept would be all of them; the engine may take its time with what it used last.
  const left = await leftOf(made);
  t.true(left < 2, `${left} of 20 are left`);
});
