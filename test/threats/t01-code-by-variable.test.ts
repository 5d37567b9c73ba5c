/** T1: one packet makes uWSGI load a file, or run a command. Here such variables do nothing. */
import { existsSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import test from "ava";
import { wsgi } from "../../src/app/index.ts";
import { loaderVars } from "../../src/environ/index.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { type TempFolder, tempFolder } from "../helpers/temp-folder.ts";
import { startServer } from "../helpers/test-server.ts";
import { showEnviron } from "../helpers/wsgi-apps.ts";

/** A module that leaves a marker when anybody loads it. */
interface Trap {
  readonly module: string;
  readonly marker: string;
}

function trapIn(folder: TempFolder): Trap {
  const marker = folder.file("marker");
  const module = folder.file("trap.mjs");
  writeFileSync(
    module,
    `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(marker)}, "loaded");\n` +
      "export default () => null;\nexport const application = () => null;\n",
  );
  return { module, marker };
}

/** Everything that could be made to load the trap. */
function lures({ module, marker }: Trap): string[] {
  return [
    module,
    module.slice(0, -".mjs".length),
    `${module}:application`,
    String(pathToFileURL(module)),
    `exec://touch ${marker}`,
    `exec:///bin/sh -c 'touch ${marker}'`,
    `fd://3`,
    `data:text/javascript,import fs from "node:fs"; fs.writeFileSync(${JSON.stringify(marker)}, "loaded")`,
  ];
}

test("T1: the trap works: whoever loads the module leaves the marker", async (t) => {
  using folder = tempFolder();
  const trap = trapIn(folder);
  await import(String(pathToFileURL(trap.module)));
  t.true(existsSync(trap.marker));
});

for (const kind of bothKinds) {
  for (const name of loaderVars) {
    test(`T1: ${name} loads nothing, reaches nobody, changes no answer, and is reported, on ${kind}`, async (t) => {
      using folder = tempFolder();
      const trap = trapIn(folder);
      await using server = await startServer(wsgi(showEnviron), { kind });
      const plain = { SCRIPT_NAME: "/mounted", SERVER_PORT: "80" };
      const expected = (await ask(server.address, get(plain))).body;
      for (const [i, lure] of lures(trap).entries()) {
        const { status, body } = await ask(server.address, get({ ...plain, [name]: lure }));
        t.deepEqual([status, body], [200, expected], lure);
        t.like(await server.seen.loaderVars.at(i), { name });
      }
      t.false(existsSync(trap.marker));
    });
  }

  test(`T1: all loader variables in one packet, with a mount point, load nothing on ${kind}`, async (t) => {
    using folder = tempFolder();
    const trap = trapIn(folder);
    await using server = await startServer(wsgi(showEnviron), { kind });
    const all = Object.fromEntries([...loaderVars].map((name) => [name, trap.module]));
    const { body } = await ask(server.address, get({ SCRIPT_NAME: trap.module, ...all }));
    const names = Object.keys(JSON.parse(body) as object).filter((name) => loaderVars.has(name));
    t.deepEqual([names, existsSync(trap.marker)], [[], false]);
    t.deepEqual(server.seen.loaderVars.all.map(({ name }) => name).sort(), [...loaderVars].sort());
  });
}
