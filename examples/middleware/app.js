// All five kinds of middleware around a guest book: what happens in it (/__inspect), pages for its failures, compressed
// answers, sessions, a login. Log in as ada, with the password "open sesame".
// Run it: npx uisge serve examples/middleware/app.js --socket /tmp/app.sock
// With NODE_ENV=production nothing of its inside is shown, and the session's key is asked for. Needs the package jose.
import { randomBytes } from "node:crypto";
import { wrap } from "uisge";
import { auth, csrf, form } from "uisge/middleware/auth";
import { compress } from "uisge/middleware/compress";
import { errors } from "uisge/middleware/errors";
import { inspect } from "uisge/middleware/inspect";
import { session } from "uisge/middleware/session";

const development = process.env["NODE_ENV"] !== "production";
const key = process.env["SESSION_KEY"] ?? (development ? randomBytes(32).toString("base64") : undefined);
if (key === undefined) throw new Error("SESSION_KEY is not set: openssl rand -base64 32");

// One line of an htpasswd file: htpasswd -nbs ada "open sesame". Of your own: -B, or `htpasswd: "/etc/app.htpasswd"`.
const users = { ada: "{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=" };

/** @type {{ name: string, text: string }[]} */
const entries = [];

/** @type {import("uisge").WsgiFunction} */
async function guestBook(environ, startResponse) {
  const visitor = await /** @type {import("uisge").Session} */ (environ["uisge.session"]).load();
  const name = environ["uisge.user"]?.name;
  if (environ.PATH_INFO === "/broken") throw new Error("the ink is dry");
  if (environ.PATH_INFO === "/all.json") {
    startResponse("200 OK", [
      ["Content-Type", "application/json"],
      ["Cache-Control", "public, max-age=10"],
    ]);
    return JSON.stringify(entries);
  }
  if (environ.REQUEST_METHOD === "POST" && name !== undefined) {
    const body = new URLSearchParams(Buffer.from(await environ["wsgi.input"].read()).toString());
    const text = body.get("text")?.slice(0, 200) ?? "";
    if (text !== "") entries.push({ name, text });
    visitor.flash("message", text === "" ? "you wrote nothing" : "it stands in the book");
    startResponse("303 See Other", [["Location", "/"]]);
    return null;
  }
  startResponse("200 OK", [["Content-Type", "text/html; charset=utf-8"]]);
  return page(visitor, name);
}

/**
 * @param {import("uisge").Session} visitor
 * @param {string | undefined} name
 */
function page(visitor, name) {
  const list = entries.map((entry) => `<li>${escaped(entry.text)} (${escaped(entry.name)})</li>`);
  const messages = visitor.takeFlash("message").map((message) => `<p><em>${escaped(String(message))}</em></p>`);
  const forms =
    name === undefined
      ? `<p><a href="/login">Log in</a> to write something.</p>`
      : `<form method="post"><input name="text" aria-label="Entry" autofocus> <button>Write</button></form>
         <form method="post" action="/logout"><button>Log out ${escaped(name)}</button></form>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Guest book</title>
    <h1>Guest book</h1>${messages.join("")}<ul>${list.join("")}</ul>${forms}</html>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

export default wrap(guestBook, [
  inspect({ development }),
  errors({ development }),
  compress(),
  session({ keys: [key] }),
  auth(form({ users, title: "Guest book" }), { optional: true }),
  csrf(),
]);
