import test from "ava";
import type { Environ } from "../../src/environ/index.ts";
import { isLocalClient } from "../../src/middleware/local-client.ts";

const environ = (vars: Record<string, unknown>): Environ => vars as Environ;

for (const [vars, isLocal] of [
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "localhost:8080" }, true],
  [{ REMOTE_ADDR: "127.9.8.7", HTTP_HOST: "127.0.0.1" }, true],
  [{ REMOTE_ADDR: "::1", HTTP_HOST: "[::1]:80" }, true],
  [{ REMOTE_ADDR: "::ffff:127.0.0.1" }, true],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "app.localhost" }, true],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_X_FORWARDED_FOR: "127.0.0.1, ::1" }, true],
  [{ REMOTE_ADDR: "192.0.2.1", HTTP_HOST: "localhost" }, false],
  [{ REMOTE_ADDR: "unix:", HTTP_HOST: "localhost" }, false],
  [{ HTTP_HOST: "localhost" }, false],
  [{ REMOTE_ADDR: "127.0.0.1.example.org" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "evil.example" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "localhost.evil.example" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "evillocalhost:80" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_X_FORWARDED_FOR: "192.0.2.1, 127.0.0.1" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_X_REAL_IP: "192.0.2.1" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_X_REAL_IP: 5 }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: {} }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_FORWARDED: "for=192.0.2.1" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_CF_CONNECTING_IP: "192.0.2.1" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "localhost", HTTP_X_FORWARDED_HOST: "tunnel.example" }, false],
  [{ REMOTE_ADDR: "127.0.0.1", HTTP_HOST: "localhost", HTTP_X_FORWARDED_HOST: "localhost:3000, [::1]" }, true],
] as const) {
  test(`${JSON.stringify(vars)} is ${isLocal ? "a local client" : "none"}`, (t) => {
    t.is(isLocalClient(environ(vars)), isLocal);
  });
}
