/** The npm package node-fastcgi, as a backend of the side-by-side: `node node-fastcgi.js OPTIONS`. */
import { createServer } from "node-fastcgi";
import { handler } from "../applications/node-handler.ts";
import { listenOptions, programOptions, takeOrders } from "./control.ts";

takeOrders();
createServer(handler).listen(listenOptions(programOptions()));
