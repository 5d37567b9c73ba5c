/** A production build of Nitro, which carries the routes of the Hono application: installed and built for one run. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../helpers/project.ts";
import type { Row } from "./rows.ts";

const PACKAGE = "nitropack@2.13.6";

/** Installs and builds in `folder`; throws with what the programs have said when that does not work. */
export function buildNitro(folder: string): Row {
  const routes = join(folder, "server/routes");
  mkdirSync(routes, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(
    join(folder, "nitro.config.ts"),
    'export default { srcDir: "server", compatibilityDate: "2026-01-01" };\n',
  );
  writeFileSync(
    join(routes, "[...].ts"),
    `import app from ${JSON.stringify(join(projectRoot, "test/compatibility/applications/hono.js"))};
export default defineEventHandler((event) => app.fetch(toWebRequest(event), { incoming: event.node.req }));
`,
  );
  run(folder, "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]);
  run(folder, join(folder, "node_modules/.bin/nitropack"), ["build"]);
  const program = join(folder, ".output/server/index.mjs");
  return {
    name: "Nitro 2 build",
    onNode: program,
    onUwsgi: program,
    by: "listen hook",
    // Nitro does not stop a stream whose client is gone, nor break off one that fails, on node:http either.
    without: ["abort", "failure behind the head", "static file", "WebSocket"],
  };
}

function run(cwd: string, program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}
