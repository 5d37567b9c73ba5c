/** What a process still waits for behind the end of its server. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import type { EndingApplication } from "../../src/process/last-work.ts";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";

const module = pathToFileURL(join(projectRoot, "build/src/process/index.js")).href;

/** What a process prints that ends so, while an application has something left that takes `workMs`. */
async function printed(application: EndingApplication, workMs: number, mostMs: number): Promise<string> {
  const program = `import { lastWork } from ${JSON.stringify(module)};
    setTimeout(() => console.log("last work"), ${workMs});
    await lastWork(${JSON.stringify(application)}, ${mostMs});
    console.log("over");
    process.exit();`;
  await using child = new Child(["--input-type=module", "-e", program]);
  await child.exit();
  return child.stdout;
}

for (const [about, name, isClosedByItself, isTold, isWaitedFor] of [
  ["a Node handler that was told", "node", false, true, true],
  ["a Node handler that was not told", "node", false, false, false],
  ["a Node handler that has closed its server itself", "node", true, false, true],
  ["a WSGI application that was told, and has a hook for it", "wsgi", false, true, false],
  ["a WSGI application that has closed its server itself", "wsgi", true, true, true],
] as const) {
  test(`what ${about} still does is ${isWaitedFor ? "" : "not "}waited for`, async (t) => {
    const output = await printed({ interface: name, isClosedByItself, isTold }, isWaitedFor ? 20 : 60_000, 60_000);
    t.is(output, isWaitedFor ? "last work\nover\n" : "over\n");
  });
}

test("what an application does without end is waited for no longer than there is time", async (t) => {
  t.is(await printed({ interface: "node", isClosedByItself: false, isTold: true }, 60_000, 20), "over\n");
});
