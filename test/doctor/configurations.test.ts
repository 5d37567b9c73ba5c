import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import test from "ava";
import { rules } from "../../src/doctor/index.ts";
import { makeCertificates } from "../helpers/certificates.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needs } from "../helpers/needs.ts";
import { copyOf, findingsOf, fixAll, idOf, idsOf, names } from "./prepared.ts";

/** Rules whose configurations are elsewhere: nginx refuses them, or what is wrong must be told (told.test.ts). */
const ELSEWHERE = new Set([
  "buffers-inconsistent",
  "body-size",
  "read-timeout",
  "answers-buffered",
  "uploads-buffered",
  "pass-elsewhere",
]);

test("every rule has a broken configuration", (t) => {
  const ids = new Set(names.map(idOf));
  t.deepEqual(
    rules.map(({ id }) => id).filter((id) => !ids.has(id) && !ELSEWHERE.has(id)),
    [],
  );
});

test("there are more than twenty broken configurations", (t) => {
  t.true(names.filter((name) => idOf(name) !== undefined).length > 20);
});

for (const name of names) {
  const id = idOf(name);
  test(`${name}.conf: ${id === undefined ? "nothing is found" : "is what is found, and nothing else"}`, (t) => {
    t.deepEqual(idsOf(findingsOf(join(copyOf(t), `${name}.conf`))), id === undefined ? [] : [id]);
  });

  if (id === undefined) continue;
  test(`${name}.conf: with the fixes made nothing is found`, (t) => {
    const path = join(copyOf(t), `${name}.conf`);
    fixAll(path);
    t.deepEqual(idsOf(findingsOf(path)), []);
  });
}

const nginxTest = needs("nginx", "openssl");

nginxTest("nginx accepts every one of these configurations, broken and with the fixes made", async (t) => {
  using certificates = await makeCertificates();
  for (const name of names) {
    // A copy for each: fixes also change what others include.
    const path = join(copyOf(t, certificates.server), `${name}.conf`);
    t.is(refusalOf(path), "", name);
    fixAll(path);
    t.is(refusalOf(path), "", `${name}, fixed`);
  }
});

/** What `nginx -t` says against a configuration; empty when it accepts it. */
function refusalOf(path: string): string {
  const { status, stderr } = spawnSync(findProgram("nginx") ?? "", [
    "-t",
    "-p",
    dirname(path),
    "-c",
    path,
    "-e",
    "stderr",
  ]);
  return status === 0 ? "" : stderr.toString();
}
