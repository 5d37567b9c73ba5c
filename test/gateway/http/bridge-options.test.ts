import test from "ava";
import type { BridgeOptions } from "../../../src/gateway/index.ts";
import { formatHttpAddress, parseHttpAddress } from "../../../src/gateway/index.ts";
import { readBridgeOptions } from "../../../src/gateway/http/bridge-options.ts";
import { faultOf } from "../../helpers/wire.ts";

const tls = { cert: "x", key: "y" };

for (const [about, options, message] of [
  ["a limit below 1", { maxConnections: 0 }, /maxConnections is 0, a whole number of at least 1/],
  ["a deadline that is no number", { headTimeoutMs: Number.NaN }, /headTimeoutMs is NaN/],
  ["half a millisecond", { graceMs: 0.5 }, /graceMs is 0.5/],
  [
    "a head of any size, which no parser counts",
    { maxHeadBytes: Number.POSITIVE_INFINITY },
    /maxHeadBytes is Infinity/,
  ],
  ["a modifier above 255", { modifier1: 256 }, /modifier1 is 256, allowed are 0 to 255/],
  ["a network that is none", { trust: ["10.0.0.0/33"] }, /trust has "10.0.0.0\/33"/],
  [
    "an unknown family of headers",
    { forwardedBy: "x" as "forwarded" },
    /forwardedBy is x, there are x-forwarded, forwarded/,
  ],
  ["an unknown way with names", { headerNames: "x" as "drop" }, /headerNames is x, there are refuse, drop/],
  [
    "two ways to say where to listen",
    { listen: ":80", port: 80 },
    /listen says where to listen, and so do host and port/,
  ],
  ["no address", { listen: [] }, /listen is empty/],
  ["https without a certificate", { listen: "https://:443" }, /https:\/\/ needs a certificate/],
  ["a certificate for nothing", { listen: "http://:80", tls }, /tls is for https:\/\/ addresses/],
  ["HTTP/2 without TLS", { http2: true }, /http2 needs tls/],
] as const satisfies readonly (readonly [string, Partial<BridgeOptions>, RegExp])[]) {
  test(`refused at once is ${about}`, (t) => {
    const fault = faultOf(() => readBridgeOptions({ to: "/s", ...options }));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}

test("0 and Infinity are values where they mean something", (t) => {
  const most = Number.POSITIVE_INFINITY;
  t.like(readBridgeOptions({ to: "/s", maxBodyBytes: 0, graceMs: 0, bodyTimeoutMs: most, maxStreams: most }), {
    maxBodyBytes: 0,
    graceMs: 0,
    bodyTimeoutMs: most,
    maxStreams: most,
  });
});

for (const [text, url, isTls] of [
  [":8080", "http://[::]:8080", false],
  ["127.0.0.1:80", "http://127.0.0.1:80", false],
  ["https://:443", "https://[::]:443", true],
  ["https://example.test:443/", "https://example.test:443", true],
  ["http://[::1]:80", "http://[::1]:80", false],
  ["/run/http.sock", "http on /run/http.sock", false],
  ["https://./a.sock", "https on ./a.sock", true],
  ["@name", "http on @name", false],
  ["fd://3", "http on fd://3", false],
] as const) {
  test(`an address is read: ${text}`, (t) => {
    const read = parseHttpAddress(text);
    t.is(formatHttpAddress(read.address, read.isTls), url);
    t.is(read.isTls, isTls);
  });
}

test("without a scheme an address is what the certificate makes it", (t) => {
  t.true(parseHttpAddress(":443", true).isTls);
  t.false(parseHttpAddress("http://:80", true).isTls);
});

for (const text of ["8080", "suwsgi://a:1", "ftp://a:1", ":99999", "", "http://"]) {
  test(`no address for HTTP is ${JSON.stringify(text)}`, (t) => {
    t.is(faultOf(() => parseHttpAddress(text))?.code, "UWSGI_INVALID_ADDRESS");
  });
}
