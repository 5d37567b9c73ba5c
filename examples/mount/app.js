// Three applications under one roof: WSGI, Express and Hono, each below its path, with Express middleware around all of them.
// Run it: npx uisge serve examples/mount/app.js --socket /tmp/app.sock
import express from "express";
import helmet from "helmet";
import { Hono } from "hono";
import { connectMiddleware, mount, when, wrap } from "uisge/middleware";

/** @type {import("uisge").WsgiFunction} */
function clock(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return `WSGI at ${environ.SCRIPT_NAME}, below it ${environ.PATH_INFO || "nothing"}: ${new Date().toISOString()}\n`;
}

const shop = express();
shop.disable("x-powered-by");
shop.get("/", (req, res) => {
  res.type("text").send(`Express at ${req.baseUrl}: the client asked for ${req.originalUrl}\n`);
});
shop.get("/tea", (req, res) => res.redirect(`${req.baseUrl}/`));

const site = new Hono();
site.get("/", (c) => c.text("Hono at the root: try /clock, /shop/tea and /admin\n"));
site.get("/admin", (c) => c.text("never seen\n"));

/** @type {import("uisge").Middleware} */
const closed = () => () => ({ status: 403, headers: [["Content-Type", "text/plain"]], body: "closed\n" });

export const application = wrap(mount({ "/clock": clock, "/shop": shop, "/": site }), [
  connectMiddleware(helmet()),
  when({ path: "/admin" }, closed),
]);
