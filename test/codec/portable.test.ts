import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import test from "ava";
import { readVectors, wholeOf } from "../helpers/vectors.ts";

const program = fileURLToPath(new URL("../programs/portable-codec.js", import.meta.url));
const vectors = readVectors();
const input = JSON.stringify(vectors.map((vector) => Buffer.from(wholeOf(vector)).toString("hex")));

/** What the program says, its parts in the order of the vectors. */
function run(how: "keep" | "without"): { buffer: boolean; packets: unknown[]; [other: string]: unknown } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, how], {
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1_024 * 1_024,
  });
  if (status !== 0) throw new Error(`the program ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

const [withBuffer, without] = [run("keep"), run("without")];

test("the program ran once with globalThis.Buffer and once without", (t) => {
  t.deepEqual([withBuffer.buffer, without.buffer], [true, false]);
});

test("without globalThis.Buffer every vector has the same result", (t) => {
  for (const [i, { name }] of vectors.entries()) t.deepEqual(without.packets[i], withBuffer.packets[i], name);
});

test("without globalThis.Buffer strings, arrays, heads and errors are the same", (t) => {
  const [ours, theirs] = [without, withBuffer].map((results) => Object.entries(results).slice(2));
  t.deepEqual(ours, theirs);
  t.true((ours?.length ?? 0) > 5);
});
