/** Messages as lines over a stream, in every delivery. */
import { Duplex } from "node:stream";
import test from "ava";
import { errorCode, ProtocolError } from "../../../src/errors.ts";
import { LineChannel, type Message } from "../../../src/manager/channel/line-channel.ts";

/** What is written into it, and a way to have bytes come. */
class Wire extends Duplex {
  written = "";
  isStalled = false;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.toString();
    if (!this.isStalled) done();
  }
}

/** Code and message of why; undefined where the other side has closed. */
type End = readonly [code: string | undefined, message: string] | undefined;

function open(onMessage: (message: Message) => void = () => {}): {
  wire: Wire;
  channel: LineChannel<Message, Message>;
  messages: Message[];
  ends: End[];
} {
  const wire = new Wire();
  const messages: Message[] = [];
  const ends: End[] = [];
  const channel = new LineChannel<Message, Message>(wire, {
    onMessage: (message) => {
      messages.push(message);
      onMessage(message);
    },
    onEnd: (error) => ends.push(error && [errorCode(error), error.message]),
  });
  return { wire, channel, messages, ends };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const bytes = Buffer.from('{"kind":"one","text":"ä€"}\n{"kind":"two"}\n');

for (const size of [1, 2, 3, 7, bytes.length]) {
  test(`messages are read in pieces of ${size} bytes`, async (t) => {
    const { wire, messages, ends } = open();
    for (let at = 0; at < bytes.length; at += size) wire.push(bytes.subarray(at, at + size));
    wire.push(null);
    while (ends.length === 0) await turn();
    t.deepEqual(messages, [{ kind: "one", text: "ä€" }, { kind: "two" }] as Message[]);
    t.deepEqual(ends, [undefined]);
  });
}

for (const [about, line, seen] of [
  ["no JSON", "hello", '"hello", a JSON object with a kind is needed'],
  ["an empty line", "", '"", a JSON object with a kind is needed'],
  ["an array", "[1]", '"[1]", a JSON object with a kind is needed'],
  ["null", "null", '"null", a JSON object with a kind is needed'],
  ["an object without a kind", '{"a":1}', '"{\\"a\\":1}", a JSON object with a kind is needed'],
  ["a kind that is no text", '{"kind":1}', '"{\\"kind\\":1}", a JSON object with a kind is needed'],
  ["a long line", "x".repeat(1_048_577), "a line of more than 1048576 bytes, which is the most"],
] as const) {
  test(`${about} ends the channel, once, and what follows is not read`, async (t) => {
    const { wire, messages, ends } = open();
    wire.push(`${line}\n{"kind":"two"}\n`);
    await turn();
    t.deepEqual(ends, [["UWSGI_BAD_MESSAGE", `the other process has sent ${seen}`]]);
    t.deepEqual(messages, []);
    t.true(wire.destroyed);
  });
}

test("a message that is refused by who is told of it ends the channel as well", async (t) => {
  const { wire, messages, ends } = open(() => {
    throw new ProtocolError("none of ours", { code: "UWSGI_BAD_MESSAGE" });
  });
  wire.push('{"kind":"one"}\n{"kind":"two"}\n');
  await turn();
  t.deepEqual(ends, [["UWSGI_BAD_MESSAGE", "none of ours"]]);
  t.deepEqual(messages, [{ kind: "one" }]);
  t.true(wire.destroyed);
});

test("half a line at the end is none", async (t) => {
  const { wire, messages, ends } = open();
  wire.push('{"kind":"one"}');
  wire.push(null);
  while (ends.length === 0) await turn();
  t.deepEqual(messages, []);
});

test("an error of the stream is the end", async (t) => {
  const { wire, ends } = open();
  wire.destroy(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  await turn();
  t.deepEqual(ends, [["ECONNRESET", "reset"]]);
});

test("what is sent to who does not read is bounded, and it is said that it is not sent", (t) => {
  const { wire, channel } = open();
  wire.isStalled = true;
  const text = "x".repeat(100_000);
  let sent = 0;
  while (channel.send({ kind: "much", text } as Message)) sent++;
  t.is(sent, 11);
  t.false(channel.isEmpty);
  t.false(channel.send({ kind: "more" }));
});

test("what is sent behind the end is not sent", async (t) => {
  const { wire, channel } = open();
  t.true(channel.send({ kind: "first" }));
  t.true(channel.isEmpty);
  wire.destroy();
  await turn();
  t.false(channel.send({ kind: "second" }));
  t.is(wire.written, '{"kind":"first"}\n');
});

test("a channel that is closed sends what it has, and tells nothing any more", async (t) => {
  const { wire, channel, messages, ends } = open();
  channel.send({ kind: "last" });
  channel.close();
  wire.push('{"kind":"late"}\n');
  wire.push(null);
  await turn();
  t.is(wire.written, '{"kind":"last"}\n');
  t.deepEqual([messages, ends], [[], []]);
});

test("a channel that is closed by what a message says tells nothing of those behind it", async (t) => {
  const { wire, channel, messages, ends } = open(() => channel.close());
  wire.push('{"kind":"one"}\n{"kind":"two"}\n');
  wire.push('{"kind":"three"}\n');
  await turn();
  t.deepEqual([messages, ends], [[{ kind: "one" }], []]);
});
