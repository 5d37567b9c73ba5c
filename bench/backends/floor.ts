/** The C floor, `programs/floor.c`: compiled when it is first started. Always answers hello. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../test/helpers/find-program.ts";
import type { Backend } from "./backend.ts";

/** The compiled benchmark lies in `build/`, the C source where it was written. */
const SOURCE = fileURLToPath(new URL("../../../bench/programs/floor.c", import.meta.url));

export const floor: Backend = {
  name: "floor",
  title: "C floor",
  protocol: "uwsgi",
  over: ["unix", "tcp"],
  optional: true,
  runsApplications: false,
  command: ({ socket, backlog, folder }) => {
    const compiler = findProgram("cc");
    if (compiler === undefined) throw new Error("there is no C compiler (cc)");
    const program = join(folder, "floor");
    // The one of the other socket may be running it.
    if (!existsSync(program)) execFileSync(compiler, ["-O3", "-o", program, SOURCE], { stdio: "pipe" });
    return { program, args: [socket, String(backlog)], takesOrders: false };
  },
};
