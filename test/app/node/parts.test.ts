/** Parts of the Node interface that need no server. */
import { EventEmitter } from "node:events";
import test from "ava";
import { rawHeadersOf } from "../../../src/app/node/headers.ts";
import { Identity } from "../../../src/app/node/identity.ts";
import { joinPieces, pieceOf } from "../../../src/app/node/pieces.ts";
import { isUpgrade } from "../../../src/app/node/upgrade.ts";
import type { Environ } from "../../../src/environ/index.ts";
import { makeCertificates } from "../../helpers/certificates.ts";
import { needs } from "../../helpers/needs.ts";

function environ(vars: Readonly<Record<string, string>>): Environ {
  return vars as unknown as Environ;
}

test("headers of environs with as many, but other, vars are not mixed up", (t) => {
  const one = environ({ HTTP_A: "1", HTTP_B_C: "2", PATH_INFO: "/" });
  const other = environ({ HTTP_D: "3", CONTENT_TYPE: "x", PATH_INFO: "/" });
  for (let round = 0; round < 3; round++) {
    t.deepEqual(rawHeadersOf(one), ["a", "1", "b-c", "2"]);
    t.deepEqual(rawHeadersOf(other), ["content-type", "x", "d", "3"]);
  }
});

test("headers are found among more vars than a layout is kept for", (t) => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`HTTP_X${i}`, String(i)]));
  t.is(rawHeadersOf(environ(many)).length, 200);
});

test("what an application has put into the environ is no header", (t) => {
  t.deepEqual(rawHeadersOf({ HTTP_A: 1, HTTP_B: "2" } as unknown as Environ), ["b", "2"]);
});

for (const [what, data, encoding, expected] of [
  ["ASCII stays text", "tea", undefined, "tea"],
  ["other text is encoded", "\u00e9", "utf-8", Buffer.from("\u00e9")],
  ["latin-1 is encoded", "\u00e9", "latin1", Buffer.from([0xe9])],
  ["hexadecimal digits are decoded", "00ff", "hex", Buffer.from([0, 0xff])],
] as const) {
  test(`a part of a body: ${what}`, (t) => {
    t.deepEqual(pieceOf(data, encoding), expected);
  });
}

test("parts that were written together are joined, text to text, text and bytes to bytes, and large ones not", (t) => {
  const large = new Uint8Array(70_000);
  t.deepEqual(joinPieces("a", ["b", "c"], 3), ["abc"]);
  t.deepEqual(joinPieces("a", [Buffer.from([0xff])], 2), [Buffer.from([0x61, 0xff])]);
  t.deepEqual(joinPieces("a", [large], 70_001), ["a", large]);
});

for (const [to, connection, expected] of [
  ["websocket", "Upgrade", true],
  ["websocket", "keep-alive, upgrade", true],
  ["websocket", "x-upgrade", false],
  ["", "upgrade", false],
] as const) {
  test(`Upgrade ${JSON.stringify(to)} with Connection ${JSON.stringify(connection)}: ${expected}`, (t) => {
    t.is(isUpgrade(environ({ HTTP_UPGRADE: to, HTTP_CONNECTION: connection })), expected);
  });
}

class Client extends Identity {
  readonly environ: Environ;

  constructor(vars: Readonly<Record<string, string>>) {
    super();
    this.environ = environ(vars);
  }
}

needs("openssl")("a certificate of the client is what the front end says of it", async (t) => {
  using certificates = await makeCertificates();
  const pem = certificates.client.cert.toString();
  // As nginx writes `$ssl_client_cert` and `$ssl_client_escaped_cert`.
  for (const sent of [pem.trimEnd().replaceAll("\n", "\n\t"), encodeURIComponent(pem)]) {
    const client = new Client({ SSL_CLIENT_VERIFY: "SUCCESS", SSL_CLIENT_CERT: sent });
    t.true(client.authorized);
    t.like(client.getPeerCertificate(), { subject: { CN: "uisge test client" } });
  }
});

test("no certificate, and one that cannot be read, is none", (t) => {
  for (const vars of [{}, { SSL_CLIENT_CERT: "" }, { SSL_CLIENT_CERT: "%zz" }]) {
    const client = new Client(vars);
    t.deepEqual([client.authorized, client.getPeerCertificate()], [false, {}]);
  }
});

test("an address that is not known is not made up", (t) => {
  const client = new Client({ REMOTE_ADDR: "unix:", SERVER_PORT: "0" });
  t.true(client instanceof EventEmitter);
  t.deepEqual(
    [
      client.remoteAddress,
      client.remoteFamily,
      client.localAddress,
      client.localPort,
      client.localFamily,
      client.address(),
    ],
    [undefined, undefined, undefined, undefined, undefined, {}],
  );
});
