/** T13: a request hidden in another. Whatever the bridge makes of it, the upstream gets one packet at most, and no second. */
import { connect } from "node:net";
import test from "ava";
import { startBridge, statusesIn } from "../helpers/bridge.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { answering, packetReadingUpstream } from "../helpers/packet-reading-upstream.ts";
import { latin1 } from "../helpers/wire.ts";

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
const start = (headers: string, version = "1.1"): string =>
  `POST /first HTTP/${version}\r\nHost: a.test\r\n${headers}\r\n`;

/** Which of the two requests may come through: none, or the first, or both as two requests that are plain to see. */
const corpus: readonly (readonly [about: string, bytes: string, paths: readonly string[]])[] = [
  ["CL.TE", start("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + `0\r\n\r\n${SMUGGLED}`, []],
  ["TE.CL", start("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + `5c\r\n${SMUGGLED}\r\n0\r\n\r\n`, []],
  ["TE.TE", start("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n") + `0\r\n\r\n${SMUGGLED}`, []],
  ["TE.TE by a tab", start("Transfer-Encoding:\tchunked, identity\r\n") + `0\r\n\r\n${SMUGGLED}`, []],
  ["TE by an underscore", start("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n") + `0\r\n\r\n${SMUGGLED}`, []],
  ["TE by a blank", start("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n") + `0\r\n\r\n${SMUGGLED}`, []],
  ["CL.CL", start("Content-Length: 0\r\nContent-Length: 42\r\n") + SMUGGLED, []],
  ["CL with a plus", start("Content-Length: +42\r\n") + SMUGGLED, []],
  ["CL in a list", start("Content-Length: 42, 42\r\n") + SMUGGLED, []],
  ["CL in a folded line", start("Content-Length:\r\n 42\r\n") + SMUGGLED, []],
  ["TE with HTTP/1.0", start("Transfer-Encoding: chunked\r\n", "1.0") + `0\r\n\r\n${SMUGGLED}`, []],
  ["a chunk of 2^64", start("Transfer-Encoding: chunked\r\n") + `10000000000000000\r\n${SMUGGLED}`, []],
  ["a chunk size with a bare LF", start("Transfer-Encoding: chunked\r\n") + `0\n\n${SMUGGLED}`, []],
  [
    "an Upgrade to h2c",
    start("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 0\r\n") +
      SMUGGLED,
    ["/first"],
  ],
  [
    "an Upgrade with a body",
    start("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n") + `hello${SMUGGLED}`,
    ["/first"],
  ],
  [
    "an Upgrade with chunks",
    start("Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n") + `0\r\n\r\n${SMUGGLED}`,
    [],
  ],
  [
    "a request that is the last of its connection",
    start("Connection: close\r\nContent-Length: 0\r\n") + SMUGGLED,
    ["/first"],
  ],
  [
    "a length that Connection takes away",
    start("Connection: Content-Length\r\nContent-Length: 42\r\n") + SMUGGLED.padEnd(42),
    ["/first"],
  ],
  ["a body that looks like a request", start(`Content-Length: ${SMUGGLED.length}\r\n`) + SMUGGLED, ["/first"]],
  [
    "chunks that look like a request",
    `${start("Transfer-Encoding: chunked\r\n")}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    ["/first"],
  ],
  [
    "a body that looks like a packet",
    start("Content-Length: 20\r\n") + "\0\x10\0\0\x09\0PATH_INFO\x03\0/sm",
    ["/first"],
  ],
  ["two requests, plain to see", start("Content-Length: 0\r\n") + SMUGGLED, ["/first", "/smuggled"]],
];

for (const [about, bytes, paths] of corpus) {
  test(`T13: ${about}: the upstream sees ${paths.join(" and ") || "nothing"}, however it is cut`, async (t) => {
    const upstream = await packetReadingUpstream(t, answering());
    const { port } = await startBridge(t, { to: upstream.socket });
    // In one piece, in two at some places, and byte by byte.
    const all = [...deliveries(latin1(bytes))];
    const step = Math.max(1, Math.floor(all.length / 8));
    for (const [how, chunks] of all.filter((_, i) => i < 2 || i % step === 0)) {
      const before = upstream.packets.length;
      const answer = await exchange(port, chunks, Math.max(1, paths.length));
      const seen = upstream.packets.slice(before).map(({ PATH_INFO }) => PATH_INFO);
      t.deepEqual(seen, [...paths], how);
      const statuses = statusesIn(answer);
      // Whatever is refused is refused by a 400, or without a word where an answer has gone out before.
      t.true(
        paths.length > 0 ? statuses[0] === 200 : statuses.every((status) => status === 400),
        `${how}: ${statuses.join()}`,
      );
    }
  });
}

/** Sends chunks each by itself; answers what has come when there are so many answers, or the connection has ended. */
async function exchange(port: number, chunks: readonly Uint8Array[], answers: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  let text = "";
  const enough = new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("end", () => resolve());
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (statusesIn(text).length >= answers && text.endsWith("served")) resolve();
    });
  });
  for (const chunk of chunks) await new Promise<void>((resolve) => socket.write(chunk, () => resolve()));
  await enough;
  socket.destroy();
  return text;
}
