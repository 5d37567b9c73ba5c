/** A fetch handler on node:http by the adapter of Hono's makers, as a backend of the side-by-side: `node node-fetch.js OPTIONS`. */
import { createAdaptorServer } from "@hono/node-server";
import { fetchApplication } from "../applications/fetch.ts";
import { listenOptions, programOptions, takeOrders } from "./control.ts";

const server = createAdaptorServer({ fetch: fetchApplication, serverOptions: { keepAliveTimeout: 60_000 } });
takeOrders();
server.listen(listenOptions(programOptions()));
