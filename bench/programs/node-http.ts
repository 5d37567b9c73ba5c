/** node:http, as a backend of the side-by-side: `node node-http.js OPTIONS`. */
import { createServer, type RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { application as expressApplication } from "../applications/express.ts";
import { application as fetchApplication } from "../applications/fetch.ts";
import { handler } from "../applications/node-handler.ts";
import { listenOptions, programOptions, takeOrders } from "./control.ts";

/** One row for each way an application can be called; a fetch handler as most people run it on node:http. */
const listeners: Readonly<Record<string, () => RequestListener>> = {
  node: () => handler,
  express: () => expressApplication,
  fetch: () => getRequestListener(fetchApplication.fetch),
};

const options = programOptions();
const { interface: name = "node" } = options;
const listener = listeners[name];
if (listener === undefined) throw new Error(`no interface ${name}`);
const server = createServer(
  {
    // A thousand headers of the curve over vars, 40 KB, are more than the default of 16 KiB.
    maxHeaderSize: 131_072,
    // Longer than a round: whether a connection is kept is nginx's decision here.
    keepAliveTimeout: 60_000,
    ...(options.idle ? { headersTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: 2 ** 30 } : {}),
  },
  listener(),
);
takeOrders();
server.listen(listenOptions(options));
