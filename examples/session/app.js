// A counter for each visitor, and a message that is shown once. The session is sealed in its cookie: the server keeps
// nothing. For several machines that share sessions, and end them: `store: "redis://..."` in place of `keys`.
// Run it: npx uisge serve examples/session/app.js --socket /tmp/app.sock
/* oxlint-disable oxc/no-async-endpoint-handlers -- Express 5 hears of what they throw. */
import { randomBytes } from "node:crypto";
import express from "express";
import { wrap } from "uisge/middleware";
import { session } from "uisge/middleware/session";

// Of your own: `openssl rand -base64 32`. Without it sessions end with the process.
const keys = [process.env.SESSION_KEY ?? randomBytes(32).toString("base64")];

const app = express();
app.disable("x-powered-by");

app.get("/", async (req, res) => {
  const visitor = await sessionOf(req).load();
  const visits = Number(visitor.get("visits") ?? 0) + 1;
  visitor.set("visits", visits);
  res.json({ visits, name: visitor.get("name"), messages: visitor.takeFlash("message") });
});

app.post("/login", express.urlencoded({ extended: false }), async (req, res) => {
  const name = String(req.body?.name ?? "");
  const visitor = await sessionOf(req).load();
  // Another identity from here on: what somebody knew of the session before is worth nothing now.
  await visitor.regenerate();
  visitor.set("name", name);
  visitor.flash("message", `welcome, ${name}`);
  res.redirect(303, "/");
});

app.post("/logout", async (req, res) => {
  await sessionOf(req).destroy();
  res.redirect(303, "/");
});

/**
 * The session that the middleware has put there.
 * @param {import("express").Request} req
 * @returns {import("uisge/middleware").Session}
 */
function sessionOf(req) {
  return /** @type {any} */ (req).session;
}

export default wrap(app, [session({ keys })], { interface: "node" });
