/** Which streams are told to bring each piece as it comes, with the small window that goes with it. */
import test from "ava";
import type { Header } from "../../../src/codec/index.ts";
import { ask, respond } from "./ask.ts";

async function* body(): AsyncGenerator<string, void> {
  yield "data: 1\n\n";
}

/** The window that a brotli stream begins with, as a power of two (RFC 7932 9.1); of two sizes only. */
function windowOf([first = 0]: Uint8Array): number | undefined {
  if ((first & 0x7f) === 0x61) return 14;
  return (first & 0x0f) === 0x03 ? 18 : undefined;
}

for (const [what, headers, window] of [
  ["events", [["Content-Type", "text/event-stream; charset=utf-8"]], 14],
  ["what nginx must not hold back", [["X-Accel-Buffering", "No"]], 14],
  ["what nginx may hold back", [["X-Accel-Buffering", "yes"]], 18],
  ["text", [], 18],
] satisfies [string, Header[], number][]) {
  test(`a stream of ${what} has a window of 2^${window}`, async (t) => {
    const answer = await ask(respond(body(), headers), { headers: { "Accept-Encoding": "br" } });
    t.is(answer.get("Content-Encoding"), "br");
    t.is(windowOf(answer.body), window);
  });
}
