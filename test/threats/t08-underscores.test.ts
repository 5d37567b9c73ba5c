/** T8: header names that become the same var as another's. The gateway refuses them: behind it nobody can tell. */
import test from "ava";
import { rawAnswer, startBridged, statusesIn } from "../helpers/bridge.ts";

const request = (headers: string): string => `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${headers}\r\n`;

for (const name of [
  "X_Real_IP",
  "x_forwarded_for",
  "X-Forwarded_Proto",
  "Content_Length",
  "X.Real.IP",
  "X!Real",
  "_",
  "X~",
]) {
  test(`T8: ${name} is a 400, and the application is not called`, async (t) => {
    const { port, calls } = await startBridged(t);
    t.deepEqual(statusesIn(await rawAnswer(port, request(`${name}: 203.0.113.66\r\n`))), [400]);
    t.is(calls.length, 0);
  });

  test(`T8: ${name} is left out where that was asked for`, async (t) => {
    const { port, calls } = await startBridged(t, { headerNames: "drop" });
    t.deepEqual(statusesIn(await rawAnswer(port, request(`${name}: 203.0.113.66\r\n`))), [200]);
    t.false(JSON.stringify(calls[0] ?? {}).includes("203.0.113.66"));
  });
}

test("T8: letters, digits and hyphens are what names are made of", async (t) => {
  const { port, calls } = await startBridged(t);
  t.deepEqual(statusesIn(await rawAnswer(port, request("X-Real-1: a\r\n"))), [200]);
  t.is(calls[0]?.["HTTP_X_REAL_1"], "a");
});
