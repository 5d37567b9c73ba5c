// A login page for browsers, names and passwords (HTTP Basic) for scripts: `curl -u alice:tea`. The users are in the
// program so that it can be tried; an htpasswd file goes in by `htpasswd: "users.htpasswd"` in place of `users`.
// Run it: npx uisge serve examples/auth/app.js --socket /tmp/app.sock
import { randomBytes } from "node:crypto";
import { wrap } from "uisge/middleware";
import { any, auth, basic, csrf, form, Throttle } from "uisge/middleware/auth";
import { session } from "uisge/middleware/session";

// Of your own: `openssl rand -base64 32`. Without it logins end with the process.
const keys = [process.env.SESSION_KEY ?? randomBytes(32).toString("base64")];

// Made by `htpasswd -nbB alice tea`.
const users = { alice: "$2y$10$M/5B8MaOxBG0hRTO49KAQO2QM/DKGYGwVz6yudI4GX0LqFKbjk1D2" };

// Who guesses at both has one number of tries.
const throttle = new Throttle();

const PAGE = `<!doctype html>
<html lang="en">
<title>Tea</title>
<p>Hello, NAME.</p>
<form method="post" action="/logout"><button>Log out</button></form>
</html>
`;

/** @type {import("uisge").WsgiFunction} */
function application(environ, startResponse) {
  const name = environ["uisge.user"]?.name ?? "nobody";
  if (environ.PATH_INFO === "/api/me") {
    startResponse("200 OK", [["Content-Type", "application/json"]]);
    return JSON.stringify({ name });
  }
  startResponse("200 OK", [["Content-Type", "text/html; charset=utf-8"]]);
  return PAGE.replace("NAME", () => name.replace(/[<&]/g, (character) => (character === "<" ? "&lt;" : "&amp;")));
}

export default wrap(application, [
  session({ keys }),
  auth(any(basic({ users, throttle, realm: "tea" }), form({ users, throttle, title: "Tea" }))),
  csrf(),
]);
