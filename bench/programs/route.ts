/** Our router, as a front of the gateway's benchmark: `node route.js OPTIONS`. */
import { PacketRouter, routerPlugins } from "../../src/gateway/index.ts";
import { Server } from "../../src/server/index.ts";
import { BACKLOG } from "../gateway/load.ts";
import { takeOrders } from "./control.ts";

const { socket, to } = JSON.parse(process.argv[2] ?? "") as { socket: string; to: string };
takeOrders();
const router = new PacketRouter({ rules: [`-> ${to}`] });
const server = new Server({ plugins: routerPlugins(router), backlog: BACKLOG });
await server.listen(socket);
