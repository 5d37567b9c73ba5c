/**
 * A client that reads a long answer until it is stopped from outside:
 *
 *     node reading-client.js ADDRESS BYTES
 *
 * ADDRESS is an `Address` as JSON. Says "reading" over the channel when the first bytes have come.
 */
import { once } from "node:events";
import type { Address } from "../../src/connection/index.ts";
import { get, RawClient } from "../helpers/raw-client.ts";

const [address = "", bytes = ""] = process.argv.slice(2);
const client = await RawClient.connect(JSON.parse(address) as Address, { reads: false });
await client.send(get({ PATH_INFO: "/stream", QUERY_STRING: bytes }));
client.socket.on("data", () => {});
await once(client.socket, "data");
process.send?.("reading");
