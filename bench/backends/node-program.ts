/** How the Node programs of `programs/` are started. */
import { fileURLToPath } from "node:url";
import type { ProgramOptions } from "../programs/control.ts";
import type { BackendPlace, Command } from "./backend.ts";

type OwnOptions = Pick<ProgramOptions, "transport" | "interface">;

/** Runs `programs/NAME.js` in the Node that runs us. */
export function nodeProgram(name: string, { socket, backlog, idle }: BackendPlace, own: OwnOptions = {}): Command {
  const options: ProgramOptions = { socket, backlog, idle, ...own };
  const path = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
  // Being asked to collect garbage is for where memory is compared; elsewhere Node runs as it does for users.
  const flags = idle ? ["--expose-gc"] : [];
  return { program: process.execPath, args: [...flags, path, JSON.stringify(options)], takesOrders: true };
}
