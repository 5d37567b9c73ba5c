/** Who a unix socket belongs to: names of users and groups as the system knows them. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { typeError } from "../errors.ts";
import type { ListenOptions } from "./listen-options.ts";

export interface SocketOwner {
  /** -1 leaves it as it is, as chown(2) does. */
  readonly uid: number;
  readonly gid: number;
}

/** The largest id; the one above it means "leave it". */
const MOST_ID: number = 2 ** 32 - 2;

const run = promisify(execFile);

/**
 * The ids for `owner` and `group`; undefined when neither is given. Rejects with a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for a name that the system does not know.
 */
export async function findOwner({ owner, group }: ListenOptions): Promise<SocketOwner | undefined> {
  if (owner === undefined && group === undefined) return undefined;
  return { uid: await idOf("owner", owner), gid: await idOf("group", group) };
}

async function idOf(what: "owner" | "group", given: string | number | undefined): Promise<number> {
  if (given === undefined) return -1;
  const number = typeof given === "number" || /^[0-9]+$/.test(given) ? Number(given) : undefined;
  if (number !== undefined) {
    if (Number.isInteger(number) && number >= 0 && number <= MOST_ID) return number;
    throw typeError("UWSGI_INVALID_ARGUMENT", `${what} ${given}: a number from 0 to ${MOST_ID} is needed`);
  }
  const name = String(given);
  const id = await findId(what === "owner" ? "passwd" : "group", name);
  if (id !== undefined) return id;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${what} ${JSON.stringify(name)}: the system knows no such name`);
}

/** Looks in the file first: it is there without any program, and right in most containers. */
async function findId(database: "passwd" | "group", name: string): Promise<number | undefined> {
  const inFile = idIn(await readFile(`/etc/${database}`, "utf8").catch(() => ""), name);
  // A name that begins with a dash would be an option.
  if (inFile !== undefined || !/^\w[^\s:]*$/.test(name)) return inFile;
  try {
    return idIn((await run("getent", [database, name], { timeout: 5_000 })).stdout, name);
  } catch {
    // No such program, or no such name.
    return undefined;
  }
}

/** The id is the third field in both files. */
function idIn(text: string, name: string): number | undefined {
  const fields = text.split("\n").map((line) => line.split(":"));
  const id = fields.find(([first]) => first === name)?.[2];
  return id === undefined || id === "" ? undefined : Number(id);
}
