/** The ping of uWSGI's own command. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { formatAddress } from "../../src/connection/index.ts";
import { serve } from "../../src/index.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needs } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { showEnviron } from "../helpers/wsgi-apps.ts";

const uwsgiTest = needs("uwsgi");
const run = promisify(execFile);

for (const over of ["a unix socket", "TCP"]) {
  uwsgiTest(`uwsgi --ping finds the server alive, over ${over}`, async (t) => {
    const socket = over === "TCP" ? "127.0.0.1:0" : `${folderOf(t)}/app.sock`;
    await using server = await serve(showEnviron, { socket, log: false });
    const address = server.addresses.map(formatAddress).join();
    // Debian's uWSGI has the ping as a plugin to be loaded; where it is built in this does no harm.
    const args = ["--plugin", "ping", "--ping", address, "--ping-timeout", "5"];
    await t.notThrowsAsync(run(findProgram("uwsgi") as string, args));
  });
}
