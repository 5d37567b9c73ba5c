/** Runs a real Apache httpd with mod_proxy_uwsgi for a test, with the site of `docs/front-ends.md`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Address, formatAddress } from "../../src/connection/index.ts";
import { codeBlock } from "./code-block.ts";
import { type FrontEndProcess, isRoot, type Place, type Prepared, startFrontEnd } from "./front-end-process.ts";
import { substitute } from "./substitute.ts";

const PAGE = "docs/front-ends.md";
/** Where Debian has the modules. */
export const MODULES = "/usr/lib/apache2/modules";

/** Starts Apache in front of a uwsgi server. */
export function startApache(to: Address): Promise<FrontEndProcess> {
  return startFrontEnd(
    { name: "apache2", prepare: (place) => prepare(to, place), signals: ["SIGTERM", "SIGTERM"] },
    // It binds and forks twice as often as the others.
    { startMs: 20_000 },
  );
}

async function prepare(to: Address, { port, prefix }: Place): Promise<Prepared> {
  const site = substitute(codeBlock(PAGE, "apache", "ProxyPass"), {
    "Listen 127.0.0.1:8080": `Listen 127.0.0.1:${port}`,
    "VirtualHost 127.0.0.1:8080": `VirtualHost 127.0.0.1:${port}`,
    "unix:/run/uisge/app.sock|uwsgi://localhost/":
      to.kind === "unix" ? `unix:${to.path}|uwsgi://localhost/` : `uwsgi://${formatAddress(to)}/`,
  });
  const path = join(prefix, "httpd.conf");
  const pidFile = join(prefix, "httpd.pid");
  const log = join(prefix, "error.log");
  await writeFile(
    path,
    [apacheFrame(prefix, pidFile, log), codeBlock(PAGE, "apache", "MaxRequestWorkers"), site].join("\n"),
  );
  return { args: ["-D", "FOREGROUND", "-f", path], pidFile, log };
}

/** What a distribution's own files say: modules (`a2enmod proxy_uwsgi`), places, and the user. */
export function apacheFrame(prefix: string, pidFile: string, log: string): string {
  const modules = ["mpm_event", "authz_core", "proxy", "proxy_uwsgi"];
  return `
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
ServerName localhost
DefaultRuntimeDir ${prefix}
DocumentRoot ${prefix}
PidFile ${pidFile}
ErrorLog ${log}
# Apache refuses to serve as root; an ordinary user stays who it is.
${isRoot() ? "User #65534\nGroup #65534" : ""}
`;
}
