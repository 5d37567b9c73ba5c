import jwt from "jsonwebtoken";
import { auth, basic, bearer, csrf, form } from "../../../src/middleware/auth/index.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";
import { FakeSessions } from "./fake-session.ts";
import { basicHeader, SECRET } from "./whoami.ts";

const users = { alice: SECRET };
const headers = Object.entries(basicHeader("alice", "secret"));

middlewareContract("auth by basic", () => [auth(basic({ users }))], { headers });
middlewareContract("auth that is optional", () => [auth([basic({ users })], { optional: true })]);

const secret = "a secret of thirty-two bytes or more";
const token = jwt.sign({ sub: "alice" }, secret, { expiresIn: "1h" });

middlewareContract("auth by bearer", () => [auth(bearer({ secret }))], {
  headers: [["Authorization", `Bearer ${token}`]],
});

middlewareContract("auth by form", () => [loggedIn().middleware, auth(form({ verify: () => true })), csrf()], {
  headers: [
    ["Cookie", "sid=one"],
    ["Sec-Fetch-Site", "same-origin"],
  ],
});

function loggedIn(): FakeSessions {
  const sessions = new FakeSessions();
  const at = Math.floor(new Date().getTime() / 1_000);
  sessions.kept.set("one", new Map([["uisge.login", { name: "alice", at, mark: "" }]]));
  return sessions;
}
