import test from "ava";
import { wsgi, type WsgiApplication } from "../../src/app/index.ts";
import { exchangeEnd, type ExchangeEnd } from "../../src/diagnostics.ts";
import type { BodyChunk, ResponseBody } from "../../src/handler/index.ts";
import { httpPlugin } from "../../src/server/index.ts";
import { get } from "../helpers/raw-client.ts";
import { StubExchange } from "../helpers/stub-exchange.ts";
import { gate, respond } from "../helpers/test-server.ts";
import { latin1 } from "../helpers/wire.ts";

const head = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
const noLength = "HTTP/1.1 200 OK\r\n\r\n";

function saying(body: unknown): WsgiApplication {
  return (_, start) => {
    start("200 OK", []);
    return body as ResponseBody;
  };
}

for (const [about, body, writes] of [
  ["an ASCII string", "hello", [[`${head(5)}hello`]]],
  ["a string of other characters", "hé", [[head(3), Buffer.from("hé")]]],
  ["bytes", latin1("hello"), [[head(5), latin1("hello")]]],
  ["a list of one chunk", ["hello"], [[`${head(5)}hello`]]],
  ["nothing", null, [[head(0)]]],
  ["an empty list", [], [[head(0)]]],
  ["a list of text", ["he", "", "llo"], [[`${noLength}hello`]]],
  ["a list of text and bytes", ["hé", latin1("llo")], [[noLength, Buffer.from("héllo")]]],
] as const) {
  test(`a body of ${about} is written with its head in one write, and ended, before the application's caller goes on`, (t) => {
    const exchange = new StubExchange(get());
    t.is(httpPlugin(wsgi(saying(body))).answer(exchange), undefined);
    t.deepEqual(
      exchange.writes.map((pieces) => pieces.map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece)))),
      writes.map((pieces) => pieces.map((piece) => (typeof piece === "string" ? piece : Buffer.from(piece)))),
    );
    t.deepEqual(exchange.calls, ["expect 0", "write", "end"]);
  });
}

test("a long text is not copied behind its head", (t) => {
  const text = "x".repeat(16_385);
  const exchange = new StubExchange(get());
  void httpPlugin(wsgi(saying(text))).answer(exchange);
  t.deepEqual(exchange.writes, [[head(text.length), text]]);
});

test("a list that is long goes out chunk by chunk", async (t) => {
  const [first, second] = [new Uint8Array(40_000), new Uint8Array(40_000)];
  const exchange = new StubExchange(get());
  await httpPlugin(wsgi(saying([first, second]))).answer(exchange);
  t.deepEqual(exchange.writes, [[noLength, first], [second]]);
});

test("a list that iterates in its own way is iterated", async (t) => {
  class Reversed extends Array<BodyChunk> {
    override *[Symbol.iterator](): ArrayIterator<BodyChunk> {
      yield* Array.from({ length: this.length }, (_, i) => this[this.length - 1 - i] as BodyChunk);
    }
  }
  const exchange = new StubExchange(get());
  await httpPlugin(wsgi(saying(Reversed.from(["b", "a"])))).answer(exchange);
  t.deepEqual(exchange.writes.flat().join(""), `${noLength}ab`);
});

test("promises of chunks in a list are waited for", async (t) => {
  const exchange = new StubExchange(get());
  await httpPlugin(wsgi(saying([Promise.resolve("a"), "b", Promise.resolve("c")]))).answer(exchange);
  t.deepEqual(exchange.writes.flat().join(""), `${noLength}abc`);
});

test("while there is no room the answer is not ended", async (t) => {
  const room = gate();
  const exchange = new StubExchange(get());
  exchange.room = room.promise;
  const answered = httpPlugin(wsgi(saying("hello"))).answer(exchange);
  t.deepEqual(exchange.calls, ["expect 0", "write"]);
  room.open();
  await answered;
  t.deepEqual(exchange.calls, ["expect 0", "write", "end"]);
});

/** What happens around an answer, in order. */
async function order(body: ResponseBody): Promise<string[]> {
  const exchange = new StubExchange(get());
  const tell = (message: unknown): void => {
    if ((message as ExchangeEnd).server === exchange.server) exchange.calls.push("report");
  };
  exchangeEnd.subscribe(tell);
  const closing = typeof body === "object" && body !== null ? { close: () => void exchange.calls.push("close") } : {};
  await httpPlugin(() => respond(Object.assign(body as object, closing) as ResponseBody)).answer(exchange);
  exchangeEnd.unsubscribe(tell);
  return exchange.calls;
}

for (const [about, body] of [
  ["bytes", latin1("a")],
  ["a list", ["a"]],
  ["a set", new Set(["a"])],
] as const) {
  test(`an answer of ${about} is handed over, then reported, then its body is closed`, async (t) => {
    t.deepEqual(await order(body), ["expect 0", "write", "end", "report", "close"]);
  });
}

test("a refusal is noted before it is answered, while the peer can still be named", async (t) => {
  const exchange = new StubExchange(get({ CONTENT_LENGTH: "x" }));
  await httpPlugin(() => respond("never")).answer(exchange);
  t.deepEqual(exchange.calls, ["refusal", "write", "end"]);
});

test("a body that is refused is noted before it is answered", async (t) => {
  const exchange = new StubExchange(get({ CONTENT_LENGTH: "9" }));
  await httpPlugin(() => respond("never"), { maxBodyBytes: 8 }).answer(exchange);
  t.deepEqual(exchange.calls, ["expect 9", "refusal", "write", "end"]);
});

// Alone: other tests listen.
test.serial("an exchange that nobody listened to when it began is not reported", (t) => {
  const reported: unknown[] = [];
  const exchange = new StubExchange(get());
  const tell = (message: unknown): void => {
    if ((message as ExchangeEnd).server === exchange.server) reported.push(message);
  };
  void httpPlugin(() => {
    exchangeEnd.subscribe(tell);
    return respond("a");
  }).answer(exchange);
  exchangeEnd.unsubscribe(tell);
  t.deepEqual([exchange.calls.at(-1), reported], ["end", []]);
});
