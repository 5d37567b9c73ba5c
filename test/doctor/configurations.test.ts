import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import test from "ava";
import { examine, readText, rules } from "../../src/doctor/index.ts";
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
    t.deepEqual(idsOf(findingsOf(copyOf(t, name))), id === undefined ? [] : [id]);
  });

  if (id === undefined) continue;
  test(`${name}.conf: with the fixes made nothing is found`, (t) => {
    const path = copyOf(t, name);
    fixAll(path);
    t.deepEqual(idsOf(findingsOf(path)), []);
  });
}

const nginxTest = needs("nginx", "openssl");

nginxTest("nginx accepts every one of these configurations, broken and with the fixes made", async (t) => {
  using certificates = await makeCertificates();
  for (const name of names) {
    // A copy for each: fixes also change what others include.
    const path = copyOf(t, name, certificates.server);
    const { refusal, dump } = asked(path);
    t.is(refusal, "", name);
    t.deepEqual(idsOf(examine(readText(dump, "-T", "/"))), idsOf(findingsOf(path)), `${name}, as nginx -T prints it`);
    fixAll(path);
    t.is(asked(path).refusal, "", `${name}, fixed`);
  }
});

/** What `nginx -T` prints, and what it says against a configuration: nothing when it accepts it. */
function asked(path: string): { readonly dump: string; readonly refusal: string } {
  const args = ["-T", "-p", dirname(path), "-c", path, "-e", "stderr"];
  const { status, stdout, stderr } = spawnSync(findProgram("nginx") ?? "", args, { encoding: "utf8" });
  return { dump: stdout, refusal: status === 0 ? "" : stderr };
}
