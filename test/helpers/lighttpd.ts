/** Runs a real lighttpd for a test, with the configuration of `docs/front-ends.md`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, formatAddress } from "../../src/connection/index.ts";
import { codeBlock } from "./code-block.ts";
import { type FrontEndProcess, type Place, type Prepared, startFrontEnd } from "./front-end-process.ts";
import { substitute } from "./substitute.ts";

/** Starts lighttpd in front of a uwsgi server. */
export function startLighttpd(to: Address): Promise<FrontEndProcess> {
  return startFrontEnd({
    name: "lighttpd",
    prepare: (place) => prepare(to, place),
    signals: ["SIGTERM", "SIGTERM"],
  });
}

async function prepare(to: Address, place: Place): Promise<Prepared> {
  const block = substitute(codeBlock("docs/front-ends.md", "lighttpd", "scgi.server"), {
    '"socket" => "/run/uisge/app.sock"':
      to.kind === "tcp" ? `"host" => "${to.host}", "port" => ${to.port}` : `"socket" => "${formatAddress(to)}"`,
  });
  const path = join(place.prefix, "lighttpd.conf");
  const pidFile = join(place.prefix, "lighttpd.pid");
  await writeFile(path, lighttpdFrame(place, pidFile) + block);
  return { args: ["-D", "-f", path], pidFile };
}

/** What a distribution's own file says: places and the port. Errors go to stderr. */
export function lighttpdFrame({ port, prefix }: Place, pidFile: string): string {
  return `
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${prefix}"
server.upload-dirs = ("${prefix}")
server.pid-file = "${pidFile}"
`;
}
