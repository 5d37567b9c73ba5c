/** Which managers run: one control socket each in the folder of the user. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { removeDeadSocket } from "../../connection/index.ts";
import { errorCode, UwsgiError } from "../../errors.ts";
import { checkRuntimeFolder, parseControlFile, runtimeFolder } from "./runtime-folder.ts";

export interface Instance {
  readonly name: string;
  /** Of the master. */
  readonly pid: number;
  /** Its control socket. */
  readonly path: string;
}

/**
 * Those that answer, by name and pid. Sockets that nobody answers at are removed: their managers were killed. Throws a
 * ConnectionError (`UWSGI_LISTEN_FAILED`) when the folder is not as it must be.
 */
export async function findInstances(folder: string = runtimeFolder()): Promise<Instance[]> {
  if (!checkRuntimeFolder(folder)) return [];
  const found: Instance[] = [];
  for (const file of readdirSync(folder).sort()) {
    const known = parseControlFile(file);
    const path = join(folder, file);
    if (known !== undefined && (await isAlive(path))) found.push({ ...known, path });
  }
  return found;
}

/**
 * The one that is meant: by its name, by the pid of its master, or, with a `/` in it, by the path of its control socket;
 * undefined: the only one. Rejects with a UwsgiError: `UWSGI_NO_INSTANCE` for none, `UWSGI_SEVERAL_INSTANCES` with a
 * list of them.
 */
export async function instanceOf(wanted: string | undefined, folder: string = runtimeFolder()): Promise<string> {
  if (wanted?.includes("/") === true) return wanted;
  const all = await findInstances(folder);
  const fitting = wanted === undefined ? all : all.filter(({ name, pid }) => wanted === name || wanted === String(pid));
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0) return only.path;
  const list = (only === undefined ? all : fitting).map(({ name, pid }) => `${name} (${pid})`).join(", ");
  const which = wanted === undefined ? "" : ` called ${wanted}`;
  if (only !== undefined) {
    throw new UwsgiError(`there are several managers${which}, say which by its pid: ${list}`, {
      code: "UWSGI_SEVERAL_INSTANCES",
    });
  }
  const others = list === "" ? `, none has its control socket in ${folder}` : `; there are ${list}`;
  throw new UwsgiError(`there is no manager${which}${others}`, { code: "UWSGI_NO_INSTANCE" });
}

async function isAlive(path: string): Promise<boolean> {
  try {
    await removeDeadSocket({ kind: "unix", path });
    return false;
  } catch (error) {
    // What is no socket, and what cannot be removed, is none of ours.
    return errorCode(error) === "UWSGI_ADDRESS_IN_USE";
  }
}
