import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import { timeRequest, until } from "../helpers/measure.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";
import { projectRoot } from "../helpers/project.ts";
import { get, parseAnswer, post, RawClient } from "../helpers/raw-client.ts";

const HOUR_MS = 3_600_000;

/** All three are the same, so that what is early or late shows wherever it is. */
const TIMEOUT_MS = 3_000;

const options = { headerTimeoutMs: TIMEOUT_MS, bodyTimeoutMs: TIMEOUT_MS, writeTimeoutMs: TIMEOUT_MS };

for (const kind of ["tcp", "unix"] as const) {
  for (const [jump, ms] of [
    ["an hour forward", HOUR_MS],
    ["an hour back", -HOUR_MS],
  ] as const) {
    test(`F22, ${kind}: a clock that jumps ${jump} makes no timeout early or late`, async (t) => {
      await using server = await MeasuredServer.start(kind, { options, preload: "moved-clock" });
      const { address } = server;
      await timeRequest(address);
      const openedAt = performance.now();
      using silent = await RawClient.connect(address);
      using uploading = await RawClient.connect(address);
      using reading = await RawClient.connect(address, { reads: false });
      await uploading.send(post("", { PATH_INFO: "/digest", CONTENT_LENGTH: "10" }));
      await reading.send(get({ PATH_INFO: "/stream", QUERY_STRING: String(2 ** 30) }));
      await until(async () => (await server.report()).counts.exchanges === 3, 30_000, "both requests have come");
      const writeEnding = untilRefused(server, "UWSGI_WRITE_TIMEOUT");
      await delay(1_000);
      const apart = (await server.setClock(ms)) - new Date().getTime();
      t.true(Math.abs(apart - ms) < 60_000, `the clock of the server is ${apart} ms ahead`);
      const times = await Promise.all(
        [silent.ending, uploading.ending, writeEnding].map((end) => end.then(() => performance.now() - openedAt)),
      );
      t.log(`ended after ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
      const lateMs = 2_000 + (await server.machineLateMs());
      for (const time of times) t.true(time > TIMEOUT_MS - 50 && time < TIMEOUT_MS + lateMs, `${time} ms`);
      t.is(parseAnswer((await uploading.ending).bytes).status, 408);
      await timeRequest(address);
    });
  }
}

function untilRefused(server: MeasuredServer, code: string): Promise<number> {
  return until(async () => (await server.report()).refusals[code] === 1, 3 * TIMEOUT_MS, code);
}

for (const area of ["connection", "server"]) {
  test(`F22: no file of src/${area} reads the wall clock`, (t) => {
    const folder = join(projectRoot, "src", area);
    const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
    t.true(files.length > 5);
    t.deepEqual(
      files.filter((file) => /\bDate\b/.test(withoutComments(readFileSync(join(folder, file), "utf8")))),
      [],
    );
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}
