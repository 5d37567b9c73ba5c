import { serve } from "@hono/node-server";
import app from "./hono.js";
import { host, port } from "./material.js";
import { echoAt } from "./websocket.js";

echoAt(serve({ fetch: app.fetch, port, hostname: host }));
