import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import test from "ava";
import {
  decodeStream,
  Recorder,
  type RecorderOptions,
  readRecording,
  type RecordedExchange,
} from "../../src/capture/index.ts";
import { sendRequest } from "../../src/client/index.ts";
import { encodePacket } from "../../src/codec/index.ts";
import { formatAddress, parseAddress } from "../../src/connection/index.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { startPeer } from "../helpers/peer.ts";
import { exchange } from "../helpers/raw-client.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { gate, respond, startServer } from "../helpers/test-server.ts";

type Given = Partial<RecorderOptions> & Pick<RecorderOptions, "to" | "file">;

async function start(options: Given): Promise<Recorder> {
  return Recorder.start({ socket: "127.0.0.1:0", graceMs: 2_000, ...options });
}

async function read(file: string, notices: string[] = []): Promise<RecordedExchange[]> {
  const all: RecordedExchange[] = [];
  for await (const each of readRecording(file, { onNotice: (text) => notices.push(text) })) all.push(each);
  return all;
}

const request = Buffer.concat([
  encodePacket({ vars: { REQUEST_METHOD: "POST", REQUEST_URI: "/a", CONTENT_LENGTH: "5", HTTP_COOKIE: "sid=secret" } }),
  Buffer.from("hello"),
]);

test("bytes pass as they are, both ways, however they are cut, and are in the file", async (t) => {
  const answer = Buffer.from("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n\0\xff", "latin1");
  await using peer = await startPeer((socket) => socket.end(answer));
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: peer.address, file });
  const [address = parseAddress("/none")] = recorder.addresses;
  if (address.kind !== "tcp") throw new Error("TCP was asked for");
  let sent = 0;
  for (const [how, chunks] of [...deliveries(request)].filter((_, i) => i % 20 === 0)) {
    const socket = createConnection(address.port);
    const back: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => back.push(bytes));
    for (const chunk of chunks) socket.write(chunk);
    socket.end();
    await once(socket, "close");
    t.true(Buffer.concat(back).equals(answer), how);
    sent++;
  }
  await recorder.close();
  const all = await read(file);
  t.is(all.length, sent);
  for (const each of all) {
    t.is(each.end, "complete");
    t.true(Buffer.from(each.response.bytes).equals(answer));
    t.is(each.response.length, answer.length);
  }
  t.true(all.every((each) => request.subarray(0, each.request.length).equals(each.request.bytes)));
  t.is(statSync(file).mode & 0o777, 0o600);
});

test("what passes is not changed by how much of it is kept", async (t) => {
  await using server = await startServer(async ({ body }) => {
    let length = 0;
    for await (const chunk of body) length += chunk.length;
    return respond(Buffer.alloc(length, "y"));
  });
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: formatAddress(server.address), file, maxExchangeBytes: 1_000 });
  const [address = server.address] = recorder.addresses;
  const body = {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < 100; i++) yield Buffer.alloc(65_536, "x");
    },
  };
  const response = await sendRequest(address, { vars: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "6553600" }, body });
  let length = 0;
  for await (const chunk of response.body) length += chunk.length;
  t.is(length, 6_553_600);
  await recorder.close();
  const [only] = await read(file);
  t.is(only?.request.bytes.length, 1_000);
  t.true((only?.request.length ?? 0) > 6_553_600);
  t.is(only?.response.bytes.length, 1_000);
  t.true((only?.response.length ?? 0) > 6_553_600);
});

for (const [what, peerDoes, end] of [
  ["breaks off", "reset", "server"],
  ["closes without an answer", "close", "server"],
] as const) {
  test(`a server that ${what} does so to the client, and the record says it`, async (t) => {
    await using peer = await startPeer(
      (socket) => void (peerDoes === "reset" ? socket.resetAndDestroy() : socket.end()),
    );
    const file = join(folderOf(t), "rec");
    await using recorder = await start({ to: peer.address, file });
    const [address = parseAddress("/none")] = recorder.addresses;
    const { bytes, how } = await exchange(address, request);
    t.is(bytes.length, 0);
    if (peerDoes === "reset") t.not(how, "end");
    await recorder.close();
    t.is((await read(file))[0]?.end, end);
  });
}

test("a client that goes before the answer is the record's end, and the server sees it go", async (t) => {
  const seen: Promise<void>[] = [];
  const { promise: begun, open: begin } = gate();
  await using peer = await startPeer((socket) => {
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("end", () => socket.end());
    seen.push(closed);
    begin();
  });
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: peer.address, file });
  const [address] = recorder.addresses;
  const socket = createConnection(address?.kind === "tcp" ? address.port : 0);
  socket.write(request);
  await begun;
  socket.resetAndDestroy();
  await seen[0];
  await recorder.close();
  t.is((await read(file))[0]?.end, "client");
});

test("a server that is not there is recorded, and its clients are closed", async (t) => {
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: join(folderOf(t), "none"), file });
  const [address = parseAddress("/none")] = recorder.addresses;
  t.is((await exchange(address, request)).bytes.length, 0);
  await recorder.close();
  t.is((await read(file))[0]?.end, "not-connected");
  t.is(recorder.counts.notConnected, 1);
});

test("an exchange in which nothing moves is ended", async (t) => {
  await using peer = await startPeer(() => {});
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: peer.address, file, idleTimeoutMs: 50 });
  const [address = parseAddress("/none")] = recorder.addresses;
  await exchange(address, request);
  await recorder.close();
  t.is((await read(file))[0]?.end, "timeout");
});

test("secrets are hidden when that is asked for, and everything keeps its length", async (t) => {
  await using peer = await startPeer((socket) => socket.end("HTTP/1.1 200 OK\r\nSet-Cookie: a=secret\r\n\r\nbody"));
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: peer.address, file, redact: true });
  const [address = parseAddress("/none")] = recorder.addresses;
  t.regex(Buffer.from((await exchange(address, request)).bytes).toString(), /a=secret/);
  await exchange(address, Buffer.from("\0\xff\xff\0secret", "latin1").subarray(0, 10));
  await recorder.close();
  const [sound, broken] = await read(file);
  t.true(Buffer.from(peer.received[0] ?? []).equals(request));
  t.is(sound?.request.bytes.length, request.length);
  t.like(decodeStream(sound?.request.bytes ?? new Uint8Array(0))[0], {
    payload: {
      vars: [
        ["REQUEST_METHOD", "POST"],
        ["REQUEST_URI", "/a"],
        ["CONTENT_LENGTH", "5"],
        ["HTTP_COOKIE", "**********"],
      ],
    },
  });
  t.is(broken?.request.bytes.length, 0);
  t.false(
    readFileSync(file, "utf8")
      .split("\n")
      .some((line) => /c2VjcmV0/.test(line)),
  );
});

test("a line that was not written to its end is left out by a reader, and cut off by the next recorder", async (t) => {
  await using peer = await startPeer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  const file = join(folderOf(t), "rec");
  const record = async (notices: string[] = []): Promise<void> => {
    await using recorder = await start({ to: peer.address, file, onNotice: (text) => notices.push(text) });
    await exchange(recorder.addresses[0] ?? parseAddress("/none"), request);
    await recorder.close();
  };
  await record();
  await record();
  const whole = readFileSync(file);
  // Cut anywhere in the last line.
  const lastLine = whole.lastIndexOf("\n", whole.length - 2) + 1;
  for (const cut of [lastLine + 1, Math.floor((lastLine + whole.length) / 2), whole.length - 1]) {
    truncateSync(file, cut);
    const notices: string[] = [];
    t.is((await read(file, notices)).length, 1);
    t.regex(notices.join(), /line 3 is not whole/);
    writeFileSync(file, whole);
  }
  appendFileSync(file, '{"n":');
  const notices: string[] = [];
  await record(notices);
  t.regex(notices.join(), /the last line was not whole, 5 bytes were cut off/);
  t.is((await read(file)).length, 3);
});

test("a file that is something else is not written to, nor read", async (t) => {
  const file = join(folderOf(t), "notes");
  writeFileSync(file, "my notes\n");
  await t.throwsAsync(start({ to: "/x", file }), { code: "UWSGI_BAD_CAPTURE" });
  t.is(readFileSync(file, "utf8"), "my notes\n");
  await t.throwsAsync(read(file), { code: "UWSGI_BAD_CAPTURE" });
  writeFileSync(file, '{"uisge":"recording","version":2,"at":"","to":""}\n');
  await t.throwsAsync(read(file), { code: "UWSGI_BAD_CAPTURE", message: /version 2, 1 is understood/ });
});

test("a file that is full is renamed, and the oldest goes", async (t) => {
  await using peer = await startPeer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  const file = join(folderOf(t), "rec");
  await using recorder = await start({ to: peer.address, file, maxFileBytes: 700, keepFiles: 2 });
  for (let i = 0; i < 5; i++) await exchange(recorder.addresses[0] ?? parseAddress("/none"), request);
  await recorder.close();
  t.deepEqual(
    (await read(file)).map(({ n }) => n),
    [5],
  );
  t.deepEqual(
    (await read(`${file}.1`)).map(({ n }) => n),
    [4],
  );
  t.deepEqual(
    (await read(`${file}.2`)).map(({ n }) => n),
    [3],
  );
  t.false(existsSync(`${file}.3`));
});

test("when the file can no longer be written recording stops, and the traffic goes on", async (t) => {
  await using peer = await startPeer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  const file = join(folderOf(t), "rec");
  const notices: string[] = [];
  const onNotice = (text: string): unknown => notices.push(text);
  await using recorder = await start({ to: peer.address, file, maxFileBytes: 1, keepFiles: 1, onNotice });
  const address = recorder.addresses[0] ?? parseAddress("/none");
  // The file, which is full at once, cannot be renamed to that.
  mkdirSync(`${file}.1`);
  for (let i = 0; i < 3; i++) t.true((await exchange(address, request)).bytes.length > 0);
  await recorder.close();
  t.deepEqual({ ...recorder.recorded }, { written: 0, lost: 3 });
  t.is(notices.length, 1);
  t.regex(notices.join(), /recording has stopped, the traffic goes on/);
  t.is((await read(file)).length, 0);
});

test("numbers that cannot be are refused", async (t) => {
  const file = join(folderOf(t), "rec");
  await t.throwsAsync(start({ to: "/x", file, maxConnections: Number.NaN }), { code: "UWSGI_INVALID_ARGUMENT" });
});
