/** Runs uWSGI's http router for a test, with the configuration of `docs/front-ends.md`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, formatAddress } from "../../src/connection/index.ts";
import { codeBlock } from "./code-block.ts";
import { type FrontEndProcess, type Place, type Prepared, startFrontEnd } from "./front-end-process.ts";
import { substitute } from "./substitute.ts";

/** Starts the router in front of a uwsgi server. */
export function startUwsgiRouter(to: Address): Promise<FrontEndProcess> {
  return startFrontEnd({
    name: "uwsgi",
    prepare: (place) => prepare(to, place),
    signals: ["SIGTERM", "SIGQUIT"],
  });
}

async function prepare(to: Address, { port, prefix }: Place): Promise<Prepared> {
  const text = substitute(codeBlock("docs/front-ends.md", "ini", "http-to"), {
    "http = 127.0.0.1:8080": `http = 127.0.0.1:${port}`,
    "http-to = /run/uisge/app.sock": `http-to = ${formatAddress(to)}`,
  });
  const path = join(prefix, "router.ini");
  const pidFile = join(prefix, "router.pid");
  await writeFile(path, text);
  // The safe one is written when all is set up.
  return { args: ["--ini", path, "--safe-pidfile", pidFile], pidFile };
}
