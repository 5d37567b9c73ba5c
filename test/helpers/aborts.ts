/** Clients that go away in the middle of an exchange, at any of its bytes. */
import { once } from "node:events";
import type { Address } from "../../src/connection/index.ts";
import { leave, type Way } from "./leavers.ts";
import { post, RawClient } from "./raw-client.ts";

/** The bytes of the body of `trackedRequest`. */
export const TRACKED_BODY_BYTES = 30;

/** Answered by `/tracked` with a body of so many bytes: its own is read before the answer begins. */
export function trackedRequest(answerBytes: number): Uint8Array {
  return post("a body of thirty bytes exactly", {
    PATH_INFO: "/tracked",
    QUERY_STRING: String(answerBytes),
    HTTP_USER_AGENT: "goes away, at each of its bytes, in both of the ways that there are",
    HTTP_ACCEPT: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  });
}

/** Goes away behind so many bytes of the request. */
export async function abortRequest(address: Address, request: Uint8Array, sentBytes: number, way: Way): Promise<void> {
  const client = await RawClient.connect(address);
  if (sentBytes > 0) await client.send(request.subarray(0, sentBytes));
  await leave(client, way);
}

/** Goes away behind so many bytes of the answer, its head included. */
export async function abortResponse(address: Address, request: Uint8Array, readBytes: number, way: Way): Promise<void> {
  const client = await RawClient.connect(address, { reads: false });
  await client.send(request);
  let left = readBytes;
  client.socket.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left <= 0) client.socket.emit("read enough");
  });
  await once(client.socket, "read enough");
  await leave(client, way);
}
