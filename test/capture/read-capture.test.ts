import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { decodeCapture, type DecodedStream, formatText } from "../../src/capture/index.ts";
import { encodePacket } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needs } from "../helpers/needs.ts";
import { ethernet, ipv4, ipv6, pcap, pcapng } from "../helpers/pcap.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/** Longer than a line of a dump, with lines that repeat, and text that looks like hex. */
const packet = encodePacket({
  vars: { REQUEST_METHOD: "GET", A: "\0".repeat(80), PATH_INFO: "/fe ed  face: 00", HTTP_X: "|ab cd|" },
});

/** What is in the streams, without where it came from. */
const shown = (streams: readonly DecodedStream[]): string =>
  [...formatText(streams)].filter((line) => !line.startsWith("#")).join("");
const expected = shown(decodeCapture(packet, { form: "raw" }));

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

for (const [what, text] of [
  ["plain digits", hexOf(packet)],
  ["digits in pairs over lines", hexOf(packet).replace(/(..){1,16}/g, (line) => `${line.replace(/../g, "$& ")}\n`)],
  ["upper case", hexOf(packet).toUpperCase()],
  ["0x and commas", hexOf(packet).replace(/../g, "0x$&, ")],
  ["one 0x", `0x${hexOf(packet)}`],
  ["a byte string of Python", `b'${hexOf(packet).replace(/../g, "\\x$&")}'\n`],
  [
    "escapes beside text",
    `b'${Buffer.from(packet)
      .toString("latin1")
      .replace(/[^A-Z]/g, (c) => `\\x${hexOf(Buffer.from(c, "latin1"))}`)}'`,
  ],
] as const) {
  test(`hex is read as ${what}`, (t) => {
    t.is(shown(decodeCapture(Buffer.from(text))), expected);
  });
}

for (const [program, ...args] of [
  ["xxd"],
  ["xxd", "-a"],
  ["xxd", "-g", "1"],
  ["xxd", "-p"],
  ["xxd", "-u", "-c", "8"],
  ["hexdump", "-C"],
  ["od", "-A", "x", "-t", "x1"],
  ["od", "-t", "x1", "-v"],
  ["od", "-t", "x1"],
] as const) {
  needs(program)(`hex is read as ${[program, ...args].join(" ")} prints it`, (t) => {
    const file = join(folderOf(t), "packet");
    writeFileSync(file, packet);
    const dump = execFileSync(findProgram(program) as string, [...args, file]);
    t.is(shown(decodeCapture(dump)), expected);
    t.is(shown(decodeCapture(dump, { form: "hex" })), expected);
  });
}

test("Wireshark's dump is read without its text", (t) => {
  const text = `0000  00 0a 00 00 01 00 41 05 00 66 61 63 65 64         ......A..faced\n`;
  t.regex(shown(decodeCapture(Buffer.from(text))), /A = "faced"/);
});

for (const [what, text] of [
  ["an odd number of digits", "00060"],
  ["what is no digit", "00 zz"],
  ["words, whose order of bytes is not known", "0000000 0600 0000 0001\n0000006\n"],
  ["a line that is missing", "00000000: 0006 0000 0100 4101 0042 0000 0000 0000  ....\n00000020: 00  .\n"],
  ["a repetition of nothing", "*\n00000020  00\n"],
] as const) {
  test(`hex is refused with ${what}`, (t) => {
    t.is(errorCode(t.throws(() => decodeCapture(Buffer.from(text), { form: "hex" }))), "UWSGI_BAD_CAPTURE");
  });
}

test("base64 is read when it is said to be", (t) => {
  const text = Buffer.from(packet).toString("base64");
  t.is(shown(decodeCapture(Buffer.from(text), { form: "base64" })), expected);
  t.throws(() => decodeCapture(Buffer.from("!"), { form: "base64" }), { code: "UWSGI_BAD_CAPTURE" });
});

// Network captures

const client = "10.0.0.1:40000";
const server = "10.0.0.2:3031";
const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const half = Math.floor(packet.length / 2);
/** A connection with all that goes on in one: out of order, sent twice, overlapping, and the sequence going round. */
const segments = [
  { from: client, to: server, sequence: 0xfffffff0, flags: "S" },
  { from: server, to: client, sequence: 100, flags: "SA" },
  { from: client, to: server, sequence: 0xfffffff1 + half, payload: packet.subarray(half) },
  { from: client, to: server, sequence: 0xfffffff1, payload: packet.subarray(0, half) },
  { from: client, to: server, sequence: 0xfffffff1, payload: packet.subarray(0, half + 9) },
  { from: server, to: client, sequence: 101, payload: answer.slice(0, 20) },
  { from: server, to: client, sequence: 101, payload: answer.slice(0, 20) },
  { from: server, to: client, sequence: 121, payload: answer.slice(20), flags: "AF" },
];
const frames = segments.map(ipv4);
const both = expected + shown(decodeCapture(Buffer.from(answer), { form: "raw" }));

for (const [what, file] of [
  ["pcap", pcap(frames.map((frame) => ethernet(frame)))],
  [
    "pcap, big-endian, nanoseconds",
    pcap(
      frames.map((frame) => ethernet(frame)),
      { isBig: true, isNano: true },
    ),
  ],
  ["pcap with tags of virtual networks", pcap(frames.map((frame) => ethernet(frame, 2)))],
  ["pcap of raw IP", pcap(frames, { linkType: 101 })],
  [
    "pcap of BSD loopback",
    pcap(
      frames.map((frame) => Buffer.concat([Buffer.from([2, 0, 0, 0]), frame])),
      { linkType: 0 },
    ),
  ],
  [
    "pcap of Linux' any",
    pcap(
      frames.map((frame) => Buffer.concat([Buffer.alloc(16), frame])),
      { linkType: 113 },
    ),
  ],
  [
    "pcap of Linux' any, second version",
    pcap(
      frames.map((frame) => Buffer.concat([Buffer.alloc(20), frame])),
      { linkType: 276 },
    ),
  ],
  ["pcapng", pcapng(frames.map((frame) => ethernet(frame)))],
  [
    "pcapng, big-endian",
    pcapng(
      frames.map((frame) => ethernet(frame)),
      1,
      true,
    ),
  ],
] as const) {
  test(`both streams of a connection are found in a ${what}`, (t) => {
    const streams = decodeCapture(file);
    t.deepEqual(
      streams.map(({ from, to }) => [from, to]),
      [
        [client, server],
        [server, client],
      ],
    );
    t.deepEqual(
      streams.flatMap(({ notes }) => notes),
      [],
    );
    t.is(shown(streams), both);
  });
}

test("both streams are found in what tcpdump -X prints", (t) => {
  const text = frames
    .map((frame) => {
      const lines = hexOf(frame).match(/.{1,32}/g) ?? [];
      const dump = lines.map(
        (line, i) =>
          `\t0x${(16 * i).toString(16).padStart(4, "0")}:  ${line.replace(/.{4}(?=.)/g, "$& ").padEnd(39)}  E..E`,
      );
      return `12:00:00.000000 IP 10.0.0.1.40000 > 10.0.0.2.3031: Flags [P.], length 10\n${dump.join("\n")}`;
    })
    .join("\n");
  t.is(shown(decodeCapture(Buffer.from(text))), both);
});

test("IPv6 is read, with headers before TCP", (t) => {
  const file = pcap([ipv6(5, 3031, 1, "d\0\0\0"), ipv6(5, 3031, 5, "d\0\0\x01", true)].map((ip) => ethernet(ip)));
  const [stream, ...more] = decodeCapture(file);
  t.is(more.length, 0);
  t.is(stream?.from, "[::1]:5");
  t.is(stream?.parts.length, 2);
});

test("a port chooses connections, and a port used again is another connection", (t) => {
  const ping = (from: string, sequence: number, flags: string, payload = ""): Buffer =>
    ethernet(ipv4({ from, to: server, sequence, flags, payload }));
  const file = pcap([
    ping(client, 10, "S"),
    ping(client, 11, "A", "d\0\0\0"),
    ping(client, 900, "S"),
    ping(client, 901, "A", "d\0\0\x05"),
    ethernet(ipv4({ from: client, to: "10.0.0.3:80", sequence: 1, payload: "GET / HTTP/1.1\r\n\r\n" })),
  ]);
  t.deepEqual(
    decodeCapture(file, { port: 3031 }).map(({ parts }) =>
      parts.map((part) => part.kind === "packet" && part.modifier2),
    ),
    [[0], [5]],
  );
  t.throws(() => decodeCapture(file, { port: 1 }), { code: "UWSGI_BAD_CAPTURE", message: /port 1, in 5 frames/ });
});

test("bytes that the capture lacks end the stream, and that is said", (t) => {
  const lost = pcap(
    [segments[0], segments[3], { from: client, to: server, sequence: 500, payload: "x" }].map((segment) =>
      ethernet(ipv4(segment ?? { from: client, to: server, sequence: 0 })),
    ),
  );
  const [stream] = decodeCapture(lost);
  t.regex(stream?.notes.join() ?? "", /lacks \d+ bytes here/);
  const snapped = pcap(
    frames.map((frame) => ethernet(frame)),
    { snap: 80 },
  );
  t.regex(decodeCapture(snapped)[0]?.notes.join() ?? "", /has cut \d+ bytes here/);
  const cut = pcap(frames.map((frame) => ethernet(frame)));
  t.regex(decodeCapture(cut.subarray(0, -3))[0]?.notes.join() ?? "", /ends inside a frame/);
});

test("files cut or flipped anywhere are read or refused, and nothing else", (t) => {
  for (const file of [pcap(frames.map((frame) => ethernet(frame))), pcapng(frames.map((frame) => ethernet(frame)))]) {
    for (let at = 0; at < file.length; at += 7) {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ 0xff;
      for (const bytes of [file.subarray(0, at), flipped]) {
        try {
          decodeCapture(bytes);
        } catch (error) {
          t.is(errorCode(error), "UWSGI_BAD_CAPTURE");
        }
      }
    }
  }
  t.pass();
});
