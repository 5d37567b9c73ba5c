import { join } from "node:path";
import test from "ava";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";

const main = join(projectRoot, "build/fuzz/main.js");

async function fuzz(...args: string[]): Promise<{ code: number | string; lines: string[]; stderr: string }> {
  await using child = new Child(["--expose-gc", main, ...args]);
  const code = await child.exit();
  return { code, lines: child.stdout.trimEnd().split("\n"), stderr: child.stderr };
}

test("a run says its seed first and its counts last", async (t) => {
  const { code, lines } = await fuzz("--count", "2000", "--seed", "5");
  t.is(lines[0], "seed 5");
  t.regex(
    lines.at(-1) ?? "",
    /^packets 1055, environ 364, heads 273, responses 182, sequences 55, exchanges 37, connections 37; 2003 cases in /,
  );
  t.is(code, 0);
});

test("a run can be limited to one target", async (t) => {
  const { lines } = await fuzz("--count", "100", "--only", "environ");
  t.regex(lines.at(-1) ?? "", /^environ 100; 100 cases in .*, no findings; heap .* after the warm-up/);
});

test("one input can be run again", async (t) => {
  const { code, lines } = await fuzz("--only", "packets", "--hex", "00010000");
  t.deepEqual([code, lines], [0, ["nothing found"]]);
});

for (const args of [["--only", "nothing"], ["--hex", "00"], ["--seconds", "x"], ["--other"]]) {
  test(`${args.join(" ")} is refused`, async (t) => {
    const { code, stderr } = await fuzz(...args);
    t.is(code, 2);
    t.not(stderr, "");
  });
}
