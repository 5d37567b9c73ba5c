/** uWSGI with CPython: the original. One process without a master, as the others have one. */
import { fileURLToPath } from "node:url";
import { findProgram } from "../../test/helpers/find-program.ts";
import type { Backend } from "./backend.ts";

/** The compiled benchmark lies in `build/`, the Python source where it was written. */
const APPLICATION = fileURLToPath(new URL("../../../bench/applications/wsgi_app.py", import.meta.url));

export const uwsgiPython: Backend = {
  name: "uwsgi",
  title: "uWSGI + CPython",
  protocol: "uwsgi",
  over: ["unix", "tcp"],
  optional: true,
  runsApplications: true,
  command: ({ socket, backlog }) => {
    const program = findProgram("uwsgi");
    if (program === undefined) throw new Error("uwsgi is not installed");
    const listening = `--socket ${socket} --listen ${backlog} --die-on-term --disable-logging`;
    // For the curve over vars; its own defaults are 4 096 bytes and 64 vars.
    const sizes = "--buffer-size 65535 --max-vars 2048";
    const args = ["--plugin", "python3", "--wsgi-file", APPLICATION, "--need-app"];
    args.push(...`${listening} ${sizes}`.split(" "));
    return { program, args, takesOrders: false };
  },
};
