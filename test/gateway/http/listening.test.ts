/** Where a bridge listens: TCP, paths, inherited sockets; one or several. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { formatAddress } from "../../../src/connection/index.ts";
import { HttpBridge } from "../../../src/gateway/index.ts";
import { startBridge, startBridged } from "../../helpers/bridge.ts";
import { exchange } from "../../helpers/raw-client.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

test("a path has the mode that was asked for, and is gone at the end", async (t) => {
  const path = join(folderOf(t), "http.sock");
  const { bridge, calls, port } = await startBridged(t, { listen: path, mode: 0o600 });
  t.is(statSync(path).mode & 0o777, 0o600);
  t.is(port, 0);
  const { bytes } = await exchange({ kind: "unix", path }, GET);
  t.true(Buffer.from(bytes).toString().endsWith("served"));
  t.like(calls[0], { REMOTE_ADDR: "unix:", SERVER_PORT: "0", HTTP_X_FORWARDED_FOR: undefined });
  await bridge.close();
  t.false(existsSync(path));
});

test("who comes by a unix socket is believed where that was said", async (t) => {
  const path = join(folderOf(t), "http.sock");
  const { calls } = await startBridged(t, { listen: path, trust: ["unix"] });
  const claims = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n";
  await exchange({ kind: "unix", path }, GET.replace("\r\n\r\n", `\r\n${claims}\r\n`));
  t.like(calls[0], { REMOTE_ADDR: "192.0.2.1", HTTPS: "on", HTTP_X_FORWARDED_FOR: "192.0.2.1" });
});

test("a path that somebody answers at, or where something else is, is left alone", async (t) => {
  const folder = folderOf(t);
  const path = join(folder, "http.sock");
  const { behind } = await startBridged(t, { listen: path });
  const to = formatAddress(behind.address);
  await t.throwsAsync(HttpBridge.listen({ to, listen: path }), { code: "UWSGI_ADDRESS_IN_USE" });
  const file = join(folder, "file");
  writeFileSync(file, "");
  await t.throwsAsync(HttpBridge.listen({ to, listen: file }), { code: "UWSGI_LISTEN_FAILED" });
  t.true(existsSync(file));
});

test("several addresses are one bridge, and where one cannot be had none is", async (t) => {
  const path = join(folderOf(t), "http.sock");
  const { bridge, behind } = await startBridged(t, { listen: [path, "127.0.0.1:0", "127.0.0.1:0"] });
  t.is(bridge.listeners.length, 3);
  for (const { address } of bridge.listeners) {
    t.true(
      Buffer.from((await exchange(address, GET)).bytes)
        .toString()
        .endsWith("served"),
    );
  }
  const other = join(folderOf(t), "other.sock");
  const busy = formatAddress(bridge.listeners[1]?.address ?? { kind: "tcp", host: "", port: 0 });
  const failing = HttpBridge.listen({ to: formatAddress(behind.address), listen: [other, busy] });
  await t.throwsAsync(failing, { code: "UWSGI_ADDRESS_IN_USE" });
  t.false(existsSync(other));
});

test("all addresses of the machine are IPv4's too, and a client by IPv4 is one", async (t) => {
  const { bridge, calls } = await startBridged(t, { listen: ":0" });
  const { port } = bridge;
  await exchange({ kind: "tcp", host: "127.0.0.1", port }, GET);
  t.is(calls[0]?.REMOTE_ADDR, "127.0.0.1");
});

test("without more it is a port of this machine alone", async (t) => {
  const { bridge } = await startBridge(t, { to: "/nobody" });
  t.like(bridge.listeners[0]?.address, { kind: "tcp", host: "127.0.0.1" });
});
