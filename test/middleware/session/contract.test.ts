/** Sessions leave all else as it is, while they are read, changed and kept at every request. */
import { type Middleware, sessionOf, titled } from "../../../src/handler/index.ts";
import { session, type SessionOptions } from "../../../src/middleware/session/index.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";
import { Clock, KEY, Site } from "./sessions.ts";

/** Changes the session of every request. */
const counting: Middleware = titled("counting", (next) => (request) => {
  const found = sessionOf(request.environ);
  if (found === undefined) throw new Error("there is no session");
  found.set("n", Number(found.get("n")) + 1);
  return next(request);
});

const clock = new Clock();
const store = new Map<string, string>();

for (const [what, options] of [
  ["a session in its cookie", { keys: [KEY] }],
  ["a session in a store", { store }],
] as const) {
  const all: SessionOptions & { now: () => number } = { ...options, load: "eager", now: clock.now };
  const site = new Site(all, clock);
  site.scheme = "http";
  await site.do((found) => found.set("n", 0));
  middlewareContract(what, () => [session(all), counting], { headers: [["Cookie", site.header]] });
}

middlewareContract("a session that nobody touches", () => [session({ keys: [KEY] })]);
