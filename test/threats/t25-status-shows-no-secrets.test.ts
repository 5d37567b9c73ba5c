/** T25: whoever may see what runs sees no header, no query, and changes nothing by being slow. */
import { once } from "node:events";
import { connect } from "node:net";
import test from "ava";
import type { WorkerRequest } from "../../src/manager/status.ts";
import { controlled, tellRaw } from "../helpers/fake-manager.ts";

/** As a worker could send it that says more than it should. */
const request = {
  worker: 1,
  pid: 1001,
  id: "r1",
  method: "GET",
  path: "/reset?token=planted-secret",
  remote: "192.0.2.1",
  ms: 40,
  headers: { cookie: "session=planted-secret", authorization: "Bearer planted-secret" },
} as WorkerRequest;

for (const command of ["status", "requests"]) {
  test(`T25: ${command} while a request with a secret runs has no secret in it`, async (t) => {
    const { manager, path } = await controlled(t);
    manager.running = [request];
    const answer = await tellRaw(path, `{"command":"${command}"}\n`);
    t.regex(answer, /"done":true/);
    t.false(answer.includes("planted-secret"), answer);
  });
}

test("T25: a request that runs is its method, its path without the query, whose it is, and since when", async (t) => {
  const { manager, path } = await controlled(t);
  manager.running = [request];
  const [line = ""] = (await tellRaw(path, '{"command":"requests"}\n')).split("\n");
  t.deepEqual(JSON.parse(line), {
    request: { worker: 1, pid: 1001, id: "r1", method: "GET", path: "/reset", remote: "192.0.2.1", ms: 40 },
  });
});

test("T25: readers that do not read keep nobody else waiting", async (t) => {
  const { manager, path } = await controlled(t);
  manager.running = Array.from({ length: 1_000 }, () => ({ ...request, path: `/${"x".repeat(490)}` }));
  for (let i = 0; i < 7; i++) {
    const slow = connect({ path });
    t.teardown(() => slow.destroy());
    slow.on("error", () => {});
    slow.write('{"command":"requests"}\n');
    await once(slow, "readable");
  }
  t.is(await tellRaw(path, '{"command":"reopen"}\n'), '{"done":true}\n');
  t.deepEqual(manager.told, ["reopen"]);
});
