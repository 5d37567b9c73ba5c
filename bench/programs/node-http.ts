/** node:http, as a backend of the side-by-side: `node node-http.js OPTIONS`. */
import { createServer } from "node:http";
import { handler } from "../applications/node-handler.ts";
import { listenOptions, programOptions, takeOrders } from "./control.ts";

const options = programOptions();
const server = createServer(
  {
    // A thousand headers of the curve over vars, 40 KB, are more than the default of 16 KiB.
    maxHeaderSize: 131_072,
    // Longer than a round: whether a connection is kept is nginx's decision here.
    keepAliveTimeout: 60_000,
    ...(options.idle ? { headersTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: 2 ** 30 } : {}),
  },
  handler,
);
takeOrders();
server.listen(listenOptions(options));
