import test from "ava";
import { type FrontEnd, headerVarsOf, nginxConf } from "../../bench/load/nginx-conf.ts";

const limits = { connections: 1_024, varCounts: [10, 24, 100, 1_000] };

function confOf(frontEnd: Partial<FrontEnd>): string {
  return nginxConf([{ port: 8_080, protocol: "uwsgi", socket: "/s", ...frontEnd }], limits);
}

/** Directives of one location. */
function locationOf(conf: string, path: string): string[] {
  const start = conf.indexOf(`location ${path} {`);
  return conf
    .slice(start, conf.indexOf("}", start))
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

test("a path is a unix socket, anything else a host and a port", (t) => {
  t.true(confOf({ socket: "/run/a.sock" }).includes("server unix:/run/a.sock;"));
  t.true(confOf({ socket: "127.0.0.1:3031" }).includes("server 127.0.0.1:3031;"));
});

for (const [protocol, pass] of [
  ["uwsgi", "uwsgi_pass backend_0;"],
  ["fastcgi", "fastcgi_pass backend_0;"],
  ["http", "proxy_pass http://backend_0;"],
  ["http-keep-alive", "proxy_pass http://backend_0;"],
] as const) {
  test(`${protocol} is passed on by ${pass}`, (t) => {
    t.deepEqual(locationOf(confOf({ protocol }), "/"), [pass]);
  });
}

test("connections to the backend are kept where that was asked for only", (t) => {
  const kept = confOf({ protocol: "http-keep-alive" });
  t.true(kept.includes("keepalive 1024;"));
  t.true(kept.includes("proxy_http_version 1.1;") && kept.includes('proxy_set_header Connection "";'));
  t.false(confOf({ protocol: "http" }).includes("keepalive 1024;"));
});

for (const count of limits.varCounts) {
  test(`under /vars-${count}/ the application gets ${count} vars`, (t) => {
    const params = locationOf(confOf({}), `/vars-${count}/`).filter((line) => line.startsWith("uwsgi_param "));
    // HTTP_HOST comes from the client.
    t.is(params.length + 1, count);
    t.is(new Set(params.map((line) => line.split(" ")[1])).size, params.length);
  });

  test(`of ${count} vars it is known how many are headers`, (t) => {
    const headers = locationOf(confOf({}), `/vars-${count}/`).filter((line) => line.startsWith("uwsgi_param HTTP_"));
    t.is(headerVarsOf(count), headers.length + 1);
  });
}

test("a packet of 1 000 vars is within 64 KiB", (t) => {
  const pairs = locationOf(confOf({}), "/vars-1000/").flatMap((line) => {
    const match = /^uwsgi_param (\S+) "?(.*?)"?;$/.exec(line);
    return match === null ? [] : [`${match[1]}${match[2]}`];
  });
  const bytes = pairs.reduce((sum, pair) => sum + 4 + pair.length, 0);
  t.true(bytes > 30_000 && bytes < 60_000, String(bytes));
});

test("node:http gets as many headers more as uwsgi gets vars more", (t) => {
  const added = (conf: string, word: string): number =>
    locationOf(conf, "/vars-1000/").filter((line) => line.startsWith(word)).length;
  t.is(
    added(confOf({ protocol: "http-keep-alive" }), "proxy_set_header X-Header-"),
    added(confOf({}), "uwsgi_param HTTP_X_HEADER_"),
  );
});

test("an application sees its own path, whatever prefix chose the vars", (t) => {
  t.true(locationOf(confOf({}), "/vars-24/").includes("rewrite ^/vars-24(/.*)$ $1 break;"));
});

test("nginx has room for both sides of every connection", (t) => {
  const [, room] = /worker_connections (\d+);/.exec(confOf({})) ?? [];
  t.true(Number(room) > 2 * limits.connections);
});

test("each contestant has a server of its own", (t) => {
  const conf = nginxConf(
    [
      { port: 1_001, protocol: "uwsgi", socket: "/a" },
      { port: 1_002, protocol: "http", socket: "/b" },
    ],
    limits,
  );
  t.deepEqual(
    Array.from(conf.matchAll(/listen 127\.0\.0\.1:(\d+)/g), ([, port]) => port),
    ["1001", "1002"],
  );
});
