/** Users and groups as the system knows them, looked up by the master: a worker gets numbers. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { typeError } from "../../errors.ts";
import type { ManagerOptions } from "../options.ts";
import type { Privileges } from "../channel/worker-setup.ts";

/** The largest id; the one above it means "leave it" to chown(2). */
const MOST_ID: number = 2 ** 32 - 2;

const run = promisify(execFile);

export type UserOptions = Pick<ManagerOptions, "uid" | "gid" | "groups" | "umask">;

/** Whom a system has, so far as it matters here. */
export interface UserDatabase {
  /** The fields of the line of a name or an id, as in passwd(5) and group(5); undefined where there is none. */
  find(database: "passwd" | "group", key: string): Promise<readonly string[] | undefined>;
  /** All groups that name the user as a member. */
  groupsOf(user: string): Promise<readonly number[]>;
}

/**
 * What workers become. Rejects with a TypeError (`UWSGI_INVALID_ARGUMENT`) for a name that the system does not know, and
 * for what makes no sense without a user.
 */
export async function privilegesOf(options: UserOptions, database: UserDatabase = system): Promise<Privileges> {
  const { uid, gid, groups, umask } = options;
  if (uid === undefined && groups === "user") {
    throw typeError("UWSGI_INVALID_ARGUMENT", 'groups "user" are those of uid, and there is no uid');
  }
  const user = uid === undefined ? undefined : await findUser(uid, database);
  const group = gid === undefined ? user?.gid : await idOf("gid", "group", gid, database);
  if (user !== undefined && group === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `uid ${uid}: the system knows no such user, so gid is needed too`);
  }
  const all = groups === "user" ? await groupsOfUser(uid, user, database) : await idsOf(groups, database);
  return {
    ...(user === undefined ? {} : { uid: user.uid }),
    ...(group === undefined ? {} : { gid: group }),
    ...(all === undefined ? {} : { groups: all }),
    ...(umask === undefined ? {} : { umask }),
  };
}

/**
 * What programs that run as the user of the workers look up in the environment, so that they find it there and not the
 * master's; nothing where the workers have the master's user, or the system does not know theirs.
 */
export async function userEnvironmentOf(
  { uid }: UserOptions,
  database: UserDatabase = system,
  own: number | undefined = process.geteuid?.(),
): Promise<Readonly<Record<string, string>>> {
  if (uid === undefined) return {};
  const [name, , id, , , home] = (await database.find("passwd", String(uid))) ?? [];
  if (name === undefined || Number(id) === own) return {};
  return { USER: name, LOGNAME: name, ...(home === undefined || home === "" ? {} : { HOME: home }) };
}

interface User {
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number | undefined;
}

async function findUser(given: string | number, database: UserDatabase): Promise<User> {
  const fields = await database.find("passwd", String(given));
  if (fields === undefined) return { name: undefined, uid: numberOf("uid", given), gid: undefined };
  return { name: fields[0], uid: Number(fields[2]), gid: Number(fields[3]) };
}

async function groupsOfUser(
  given: string | number | undefined,
  user: User | undefined,
  database: UserDatabase,
): Promise<readonly number[]> {
  if (user?.name === undefined) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `groups "user": the system knows no user ${given}`);
  }
  const groups = await database.groupsOf(user.name);
  return [...new Set(user.gid === undefined ? groups : [user.gid, ...groups])];
}

async function idsOf(
  groups: Exclude<UserOptions["groups"], "user">,
  database: UserDatabase,
): Promise<readonly number[] | undefined> {
  return groups && (await Promise.all(groups.map((group) => idOf("groups", "group", group, database))));
}

async function idOf(
  option: string,
  kind: "passwd" | "group",
  given: string | number,
  database: UserDatabase,
): Promise<number> {
  if (isNumber(given)) return numberOf(option, given);
  const fields = await database.find(kind, String(given));
  return fields === undefined ? numberOf(option, given) : Number(fields[2]);
}

function isNumber(given: string | number): boolean {
  return typeof given === "number" || /^[0-9]+$/.test(given);
}

function numberOf(option: string, given: string | number): number {
  if (!isNumber(given)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `${option} ${JSON.stringify(given)}: the system knows no such name`);
  }
  const number = Number(given);
  if (Number.isInteger(number) && number >= 0 && number <= MOST_ID) return number;
  throw typeError("UWSGI_INVALID_ARGUMENT", `${option} ${given}: a number from 0 to ${MOST_ID} is needed`);
}

/** Looks in the files first: they are there without any program, and right in most containers. */
const system: UserDatabase = {
  find: async (database, key) => {
    const lines = linesOf(await readFile(`/etc/${database}`, "utf8").catch(() => ""));
    const found = lines.find(([name]) => name === key) ?? lines.find((fields) => fields[2] === key);
    // A name that begins with a dash would be an option.
    if (found !== undefined || !/^\w[^\s:]*$/.test(key)) return found;
    return linesOf(await output("getent", [database, key]))[0];
  },
  groupsOf: async (user) => {
    const inFile = linesOf(await readFile("/etc/group", "utf8").catch(() => ""))
      .filter((fields) => fields[3]?.split(",").includes(user) === true)
      .map((fields) => Number(fields[2]));
    const told = (await output("id", ["-G", "--", user])).match(/[0-9]+/g) ?? [];
    return [...new Set([...inFile, ...told.map(Number)])];
  },
};

function linesOf(text: string): string[][] {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length > 2);
}

/** What a program prints; nothing where there is no such program, or it knows no such name. */
async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args, { timeout: 5_000 })).stdout;
  } catch {
    return "";
  }
}
