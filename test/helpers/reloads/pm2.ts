/** PM2 in its cluster mode, with the same application behind nginx's `proxy_pass`. Installed when it is asked for. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../front-end-process.ts";
import { projectRoot } from "../project.ts";
import { tempFolder } from "../temp-folder.ts";
import type { Contender } from "./contender.ts";

const APP = join(projectRoot, "build/test/programs/reload-app.js");
const run = promisify(execFile);

export async function startPm2(workers = 2): Promise<Contender> {
  const binary = join(pm2Folder(), "bin/pm2");
  const folder = tempFolder();
  const port = await freePort();
  const env = { ...process.env, PM2_HOME: folder.file("pm2"), PORT: String(port), PM2_DISCRETE_MODE: "true" };
  const pm2 = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [binary, ...args], { env, maxBuffer: 2 ** 26 })).stdout;
  await pm2("start", APP, "--name", "app", "-i", String(workers));
  const pid = Number(await run("cat", [folder.file("pm2/pm2.pid")]).then(({ stdout }) => stdout));
  return {
    name: "PM2",
    pass: `proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://127.0.0.1:${port};`,
    pid,
    ways: new Set(["graceful"] as const),
    reload: async () => void (await pm2("reload", "app")),
    [Symbol.asyncDispose]: async () => {
      await pm2("kill");
      folder[Symbol.dispose]();
    },
  };
}

/** PM2's package; it is not among the packages of the project, for its licence is another. */
export function pm2Folder(): string {
  const prefix = join(projectRoot, "build/pm2");
  const folder = join(prefix, "node_modules/pm2");
  if (existsSync(folder)) return folder;
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund", "pm2@6"];
  const { status } = spawnSync("npm", args, { stdio: "inherit" });
  if (status !== 0) throw new Error("PM2 could not be had from npm");
  return folder;
}
