import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import { encodePacket } from "../../src/codec/index.ts";
import { pingPlugin } from "../../src/plugins/index.ts";
import { needs } from "../helpers/needs.ts";
import { startPeer } from "../helpers/peer.ts";
import { runUisge } from "../helpers/run-program.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { startUwsgiApplication } from "../helpers/uwsgi-application.ts";

test("a server that is alive is 0, with the time that the answer took", async (t) => {
  await using server = await startServer(() => respond(""), { plugins: [pingPlugin()] });
  const address = formatAddress(server.address);
  const ran = await runUisge(["ping", address, "-c", "2", "-i", "0.01"]);
  t.is(ran.code, 0);
  t.regex(ran.stdout.toString(), /^(?:\S+: alive, \d+\.\d\d ms\n){2}$/);
  t.deepEqual({ ...(await runUisge(["ping", "-q", address])) }, { code: 0, stdout: Buffer.alloc(0), stderr: "" });
});

test("a warning is shown, and is a failure only when that is asked for", async (t) => {
  await using server = await startServer(() => respond(""), {
    plugins: [pingPlugin({ warning: () => "disk \x1b[31mfull" })],
  });
  const address = formatAddress(server.address);
  const ran = await runUisge(["ping", address]);
  t.is(ran.code, 0);
  t.regex(ran.stdout.toString(), / ms, warning: disk \.\[31mfull\n$/);
  t.is((await runUisge(["ping", "--strict", address])).code, 2);
  const { warning, alive, ms } = JSON.parse((await runUisge(["ping", "--json", address])).stdout.toString()) as Record<
    string,
    unknown
  >;
  t.deepEqual([warning, alive, typeof ms], ["disk \x1b[31mfull", true, "number"]);
});

for (const [what, answer, code] of [
  ["does not answer pings", "", "UWSGI_PEER_GONE"],
  ["answers half a pong", "d\0", "UWSGI_TRUNCATED_PACKET"],
  ["answers another packet", "\xff\0\0\x01", "UWSGI_BAD_REPLY"],
  ["sends the ping back", "d\0\0\0", "UWSGI_BAD_REPLY"],
  ["warns of more than comes", "d\xff\xff\x01", "UWSGI_TRUNCATED_PACKET"],
  ["speaks HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", "UWSGI_BAD_REPLY"],
] as const) {
  test(`a server that ${what} is 1, with ${code}`, async (t) => {
    await using peer = await startPeer((socket) => socket.end(Buffer.from(answer, "latin1")));
    const ran = await runUisge(["ping", peer.address]);
    t.is(ran.code, 1);
    t.true(ran.stdout.toString().includes(`(${code})`), ran.stdout.toString());
  });
}

test("where a server closes without an answer, ping asks for the plugin: uWSGI may be alive without", async (t) => {
  await using peer = await startPeer((socket) => socket.end());
  const ran = await runUisge(["ping", peer.address]);
  t.regex(
    ran.stdout.toString(),
    /without a reply: does it know packet 100 \(in uWSGI: plugin ping\)\? \(UWSGI_PEER_GONE\)/,
  );
});

test("a server that says nothing is 1 after the timeout, as is one that is not there", async (t) => {
  await using peer = await startPeer(() => {});
  const ran = await runUisge(["ping", peer.address, "--timeout", "1.5"]);
  t.is(ran.code, 1);
  t.regex(ran.stdout.toString(), /not alive: .* more than 1500 ms in total \(UWSGI_TOTAL_TIMEOUT\)/);
  t.deepEqual(peer.received, [Buffer.from(encodePacket({ modifier1: 100 }))]);
  t.is((await runUisge(["ping", "-q", "/tmp/uisge-no-such-socket"])).code, 1);
});

for (const [args, code] of [
  [[], 64],
  [["a:1", "b:2"], 64],
  [["a:1", "-c", "x"], 64],
  [["fd://3"], 64],
  [["nonsense"], 78],
] as const) {
  test(`ping ${args.join(" ")} is refused with ${code}`, async (t) => {
    t.is((await runUisge(["ping", ...args])).code, code);
  });
}

needs("uwsgi")("uWSGI with its plugin is alive", async (t) => {
  await using uwsgi = await startUwsgiApplication({ plugins: ["ping"] });
  t.is((await runUisge(["ping", uwsgi.socket])).code, 0);
});
