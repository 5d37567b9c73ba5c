import { once } from "node:events";
import { connect } from "node:net";
import test from "ava";
import { AllowList } from "../../src/connection/allow-list.ts";
import { listen, type Transport } from "../../src/connection/index.ts";
import { LimitError, type UwsgiError } from "../../src/errors.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { faultOf } from "../helpers/wire.ts";
import { get } from "../helpers/raw-client.ts";

/** Whether a list lets a peer with that address in. */
function lets(entries: readonly string[], remoteAddress: string | undefined): boolean {
  return new AllowList(entries).refusal(remoteAddress) === undefined;
}

for (const [entries, peer, expected] of [
  [["10.0.0.0/8"], "10.255.0.1", true],
  [["10.0.0.0/8"], "11.0.0.1", false],
  [["10.1.2.3/8"], "10.9.9.9", true],
  [["10.0.0.0/8"], "::ffff:10.1.1.1", true],
  [["10.0.0.0/8"], "::ffff:11.1.1.1", false],
  [["10.0.0.0/8"], "::a01:101", false],
  [["192.0.2.7"], "192.0.2.7", true],
  [["192.0.2.7"], "192.0.2.8", false],
  [["192.0.2.7/32"], "192.0.2.8", false],
  [["192.0.2.7"], "::ffff:192.0.2.7", true],
  [["0.0.0.0/0"], "203.0.113.9", true],
  [["0.0.0.0/0"], "2001:db8::1", false],
  [["2001:db8::/32"], "2001:db8:1::1", true],
  [["2001:db8::/32"], "2001:db9::1", false],
  [["::1"], "::1", true],
  [["::1"], "127.0.0.1", false],
  [["::1/128"], "::2", false],
  [["::ffff:10.0.0.0/104"], "10.1.1.1", true],
  [["fe80::/10"], "fe80::1%eth0", true],
  [["10.0.0.0/8", "192.0.2.7"], "192.0.2.7", true],
  [["0.0.0.0/0", "::/0"], undefined, false],
] as const) {
  test(`T4: ${entries.join(" and ")} ${expected ? "lets" : "does not let"} ${peer ?? "a peer that is gone"} in`, (t) => {
    t.is(lets(entries, peer), expected);
  });
}

for (const entry of [
  "",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/-1",
  "10.0.0.0/8.0",
  "10.0.0/8",
  "300.0.0.1",
  "::/129",
  "fe80::1%eth0",
  "example.test",
  "10.0.0.0/255.0.0.0",
  "10.0.0.1:80",
]) {
  test(`an allow list with ${JSON.stringify(entry)} is refused by that name`, (t) => {
    const fault = faultOf(() => new AllowList(["127.0.0.1", entry]));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.true(fault?.message.includes(JSON.stringify(entry)));
  });
}

test("an empty allow list is refused: nobody could connect", (t) => {
  t.is(faultOf(() => new AllowList([]))?.code, "UWSGI_INVALID_ARGUMENT");
});

test("T4: a peer that is not in the list is closed before a byte is read, and the application is not called", async (t) => {
  let calls = 0;
  await using server = await startServer(
    () => {
      calls++;
      return respond("hello");
    },
    { kind: "tcp", allow: ["127.0.0.2"] },
  );
  const { address } = server;
  if (address.kind !== "tcp") throw new Error("another address");
  const stranger = connect({ host: "127.0.0.1", port: address.port });
  stranger.on("error", () => {});
  stranger.write(get());
  const { error, peer, status } = await server.seen.refused.at();
  t.is(error.code, "UWSGI_PEER_NOT_ALLOWED");
  t.regex(peer, /^127\.0\.0\.1:\d+$/);
  t.is(status, 0);
  t.deepEqual([calls, server.server.counts.accepted, server.server.openConnections], [0, 0, 0]);

  const friend = connect({ host: "127.0.0.1", port: address.port, localAddress: "127.0.0.2" });
  friend.write(get());
  const [answer] = (await once(friend, "data")) as [Buffer];
  t.regex(String(answer), /^HTTP\/1\.[01] 200 /);
  t.is(calls, 1);
  friend.destroy();
});

test("T4: an IPv4 peer of a dual-stack socket is looked up as IPv4", async (t) => {
  const accepted: string[] = [];
  const refused: UwsgiError[] = [];
  const listener = await listen(
    { kind: "tcp", host: "::", port: 0 },
    (transport: Transport) => {
      accepted.push(transport.peer);
      transport.destroy();
    },
    { allow: ["127.0.0.1"], onRefused: (_peer, error) => refused.push(error) },
  );
  const { port } = listener.address as { port: number };
  for (const localAddress of ["127.0.0.1", "127.0.0.2"]) {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  }
  t.is(accepted.length, 1);
  t.regex(accepted[0] ?? "", /^\[::ffff:127\.0\.0\.1\]:/);
  t.deepEqual(
    refused.map(({ code }) => code),
    ["UWSGI_PEER_NOT_ALLOWED"],
  );
  await listener.close();
});

test("who is not in the list is not counted as one too many", async (t) => {
  const codes: string[] = [];
  const full = new LimitError("full", { code: "UWSGI_CONNECTIONS_LIMIT" });
  const listener = await listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, () => {}, {
    allow: ["127.0.0.2"],
    mayAccept: () => full,
    onRefused: (_peer, error) => codes.push(error.code),
  });
  const { port } = listener.address as { port: number };
  for (const localAddress of ["127.0.0.1", "127.0.0.2"]) {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  }
  t.deepEqual(codes, ["UWSGI_PEER_NOT_ALLOWED", "UWSGI_CONNECTIONS_LIMIT"]);
  await listener.close();
});

test("an allow list says nothing about unix sockets, which have owner, group and mode", async (t) => {
  await using server = await startServer(() => respond("hello"), { allow: ["192.0.2.1"] });
  const { address } = server;
  if (address.kind !== "unix") throw new Error("another address");
  const socket = connect({ path: address.path });
  socket.write(get());
  t.regex(String((await once(socket, "data"))[0]), /^HTTP\/1\.[01] 200 /);
  socket.destroy();
});
