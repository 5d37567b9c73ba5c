/** Our HTTP bridge, as a front end of the gateway's benchmark: `node bridge.js OPTIONS`. */
import { HttpBridge } from "../../src/gateway/index.ts";
import { placeOf } from "../load/place.ts";
import { takeOrders } from "./control.ts";

const { socket, to } = JSON.parse(process.argv[2] ?? "") as { socket: string; to: string };
takeOrders();
const place = placeOf(socket);
if ("path" in place) throw new Error("the bridge is measured on TCP");
await HttpBridge.listen({ to, ...place });
