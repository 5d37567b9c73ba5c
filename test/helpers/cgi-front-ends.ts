/** Web servers that start a CGI program, with the configurations of `examples/cgi`. */
import { chmodSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { apacheFrame, MODULES } from "./apache.ts";
import { type FrontEndProcess, type Place, type Prepared, startFrontEnd } from "./front-end-process.ts";
import { lighttpdFrame } from "./lighttpd.ts";
import { projectRoot } from "./project.ts";
import { substitute } from "./substitute.ts";

/** The program of `examples/cgi`, which is mounted at `/app`. */
export const exampleProgram: string = join(projectRoot, "examples/cgi/hello.mjs");

/** A program that runs a module of ours, written into `folder`, where other users may read and run it. */
export async function writeProgram(folder: string, module: string): Promise<string> {
  const path = join(folder, "hello.mjs");
  // Not `env node`: the Node that runs the tests.
  await writeFile(path, `#!${process.execPath}\nimport ${JSON.stringify(module)};\n`, { mode: 0o755 });
  chmodSync(folder, 0o755);
  return path;
}

export interface CgiFrontEnd {
  readonly name: "apache2" | "lighttpd";
  /** Starts it with the program at `/app`. */
  start(program: string): Promise<FrontEndProcess>;
}

export const cgiFrontEnds: readonly CgiFrontEnd[] = [
  {
    name: "apache2",
    start: (program) =>
      startFrontEnd(
        {
          name: "apache2",
          prepare: (place) => prepareApache(program, place),
          signals: ["SIGTERM", "SIGTERM"],
        },
        { startMs: 20_000 },
      ),
  },
  {
    name: "lighttpd",
    start: (program) =>
      startFrontEnd({
        name: "lighttpd",
        prepare: (place) => prepareLighttpd(program, place),
        signals: ["SIGTERM", "SIGTERM"],
      }),
  },
];

async function prepareApache(program: string, { port, prefix }: Place): Promise<Prepared> {
  const site = substitute(exampleFile("apache.conf"), {
    '"/srv/uisge/hello.mjs"': `"${program}"`,
    '"/srv/uisge"': `"${dirname(program)}"`,
  });
  const path = join(prefix, "httpd.conf");
  const pidFile = join(prefix, "httpd.pid");
  const log = join(prefix, "error.log");
  // Its workers, who are somebody else, must get to the socket of the daemon that starts the programs.
  chmodSync(prefix, 0o755);
  const own = `LoadModule alias_module ${MODULES}/mod_alias.so\nLoadModule cgid_module ${MODULES}/mod_cgid.so\nScriptSock ${prefix}/cgid.sock`;
  await writeFile(path, [apacheFrame(prefix, pidFile, log), `Listen 127.0.0.1:${port}`, own, site].join("\n"));
  return { args: ["-D", "FOREGROUND", "-f", path], pidFile, log };
}

async function prepareLighttpd(program: string, place: Place): Promise<Prepared> {
  const block = substitute(exampleFile("lighttpd.conf"), { '"/srv/uisge/hello.mjs"': `"${program}"` });
  const path = join(place.prefix, "lighttpd.conf");
  const pidFile = join(place.prefix, "lighttpd.pid");
  await writeFile(path, lighttpdFrame(place, pidFile) + block);
  return { args: ["-D", "-f", path], pidFile };
}

function exampleFile(name: string): string {
  return readFileSync(join(projectRoot, "examples/cgi", name), "utf8");
}
