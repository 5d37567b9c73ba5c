/** What the application of the timed checks is asked in ways that a front end seldom takes, but may. */
import type { Address } from "../../src/connection/index.ts";
import { type Answer, type Ending, exchange, get, parseAnswer, post, RawClient } from "./raw-client.ts";

type Answered = Answer & Pick<Ending, "how">;

/** Closes its own side before the answer comes. */
export async function askHalfClosed(address: Address): Promise<Answered> {
  using client = await RawClient.connect(address);
  await client.send(get());
  client.end();
  return await answerOf(client);
}

/** Sends a body of twelve bytes to `/digest`, and all bytes of the request one by one. */
export async function askByteByByte(address: Address): Promise<Answered> {
  using client = await RawClient.connect(address);
  client.socket.setNoDelay(true);
  for (const byte of post("twelve bytes", { PATH_INFO: "/digest" })) await client.send(Uint8Array.of(byte));
  return await answerOf(client);
}

/** Uploads to who refuses it unread. All of it is written before the answer counts: a write error would show in the ending. */
export async function upload(address: Address, bytes: Uint8Array): Promise<Answered> {
  using client = await RawClient.connect(address);
  await client.send(post(bytes, { PATH_INFO: "/refuse" }));
  const ending = await client.ending;
  client.end();
  await client.closed;
  return { ...parseAnswer(ending.bytes), how: ending.how };
}

/** Ways in which `/fails/...` fails before there is a head. */
export const waysToFailEarly = ["sync", "async", "started", "first-chunk"] as const;

/** What comes of a body that fails in its middle, and has a length; `body`: what there is behind the head. */
export async function failWithLength(address: Address): Promise<{ readonly text: string; readonly body: string }> {
  const { bytes } = await exchange(address, get({ PATH_INFO: "/fails/mid-length" }));
  const text = Buffer.from(bytes).toString("latin1");
  return { text, body: text.split("\r\n\r\n").slice(1).join("") };
}

/** What comes of a body that fails in its middle, and has no length. */
export async function failWithoutLength(address: Address): Promise<{ readonly text: string; readonly how: string }> {
  using client = await RawClient.connect(address);
  await client.send(get({ PATH_INFO: "/fails/mid", CONTENT_LENGTH: "1" }));
  // A reset that comes together with bytes is an end to Node's sockets.
  await client.until("\r\n\r\n");
  await client.send("x");
  const { how } = await client.ending;
  return { text: client.text, how };
}

async function answerOf(client: RawClient): Promise<Answered> {
  const { bytes, how } = await client.ending;
  return { ...parseAnswer(bytes), how };
}
