/**
 * Every packet of `test/vectors`, sent to a master with 2 workers. Verdicts are those of the decoder that the vectors were
 * made with, and of a server in this process, which has tests of its own.
 */
import { join } from "node:path";
import test from "ava";
import { wsgi } from "../../src/app/index.ts";
import type { Address } from "../../src/connection/index.ts";
import { pingPlugin } from "../../src/plugins/index.ts";
import { ManagerCommand } from "../helpers/manager-command.ts";
import { projectRoot } from "../helpers/project.ts";
import { parseAnswer, RawClient } from "../helpers/raw-client.ts";
import { startServer } from "../helpers/test-server.ts";
import { readVectors, requestsOfFrontEnds, type Vector, wholeOf } from "../helpers/vectors.ts";
import { application } from "../programs/echo-app.ts";

const HEADER_TIMEOUT_S = 4;
const BODY_TIMEOUT_S = 6;

const ECHO = `export { application } from ${JSON.stringify(join(projectRoot, "build/test/programs/echo-app.js"))};\n`;

/** Those whose body is kept; a client that closes at once sees nothing. */
const vectors = readVectors().filter(
  ({ body, then }) => (body === undefined || body.bytes !== undefined) && then !== "close",
);

/** What a client of that vector has in the end: the whole answer, and how the connection ended. */
async function verdictOf(address: Address, vector: Vector): Promise<string> {
  using client = await RawClient.connect(address);
  await client.send(wholeOf(vector));
  if (vector.then === "half-close") client.end();
  const { bytes, how } = await client.ending;
  return `${how}: ${Buffer.from(bytes).toString("latin1")}`;
}

async function verdictsOf(address: Address): Promise<Map<string, string>> {
  const verdicts = vectors.map(async (vector) => [vector.name, await verdictOf(address, vector)] as const);
  return new Map(await Promise.all(verdicts));
}

for (const kind of ["tcp", "unix"] as const) {
  test.serial(`vectors, of a manager, ${kind}: each packet has the verdict that it should have`, async (t) => {
    const flags = ["--header-timeout", String(HEADER_TIMEOUT_S), "--body-timeout", String(BODY_TIMEOUT_S)];
    await using manager = await ManagerCommand.start({ kind, flags, source: ECHO });
    await using server = await startServer(wsgi(application), {
      kind,
      plugins: [pingPlugin()],
      headerTimeoutMs: HEADER_TIMEOUT_S * 1_000,
      bodyTimeoutMs: BODY_TIMEOUT_S * 1_000,
    });
    const pids = await manager.ready();
    const [verdicts, expected] = await Promise.all([verdictsOf(manager.address), verdictsOf(server.address)]);
    t.true(verdicts.size >= 128, `${verdicts.size} vectors`);
    t.deepEqual(verdicts, expected);
    for (const { name, refused } of vectors) {
      if (refused !== undefined) t.notRegex(verdicts.get(name) ?? "", /HTTP\/1\.\d 200 /, name);
    }
    t.deepEqual(await manager.ready(), pids);
  });

  test.serial(`vectors, of a manager, ${kind}: what each captured front end asks is answered`, async (t) => {
    await using manager = await ManagerCommand.start({ kind, source: ECHO });
    for (const vector of requestsOfFrontEnds()) {
      using client = await RawClient.connect(manager.address);
      await client.send(wholeOf(vector));
      const { status, body } = parseAnswer((await client.ending).bytes);
      const method = new Map(vector.vars).get("REQUEST_METHOD") ?? "GET";
      t.deepEqual([status, body.split(" ", 1)], [200, [method === "HEAD" ? "" : method]], vector.name);
    }
  });
}
