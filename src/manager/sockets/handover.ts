/**
 * What a master tells the one that takes its place, by the environment: which of the descriptors that it inherits is
 * what. Pure.
 */
import { type Address, type FilePlace, FIRST_INHERITED_FD } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";

/** A socket that is handed over. */
export interface HandedSocket {
  readonly fd: number;
  /** What it was asked for as; a socket goes to the same address of the new master. */
  readonly asked: string;
  readonly name: string;
  readonly address: Address;
  /** The path is ours: to be watched, and removed at the end. */
  readonly file?: FilePlace | undefined;
}

const NAME = "UISGE_HANDOVER";

/** The environment of the new master, which inherits the sockets in this order from descriptor `firstFd` on. */
export function writeHandover(sockets: readonly HandedSocket[], firstFd: number): Readonly<Record<string, string>> {
  // One by one: what a worker gets beside it, such as the key of a certificate, is not for an environment.
  const handed = sockets.map(({ asked, name, address, file }, index) => ({
    fd: firstFd + index,
    asked,
    name,
    address,
    ...(file === undefined ? {} : { file: { dev: String(file.dev), ino: String(file.ino) } }),
  }));
  return { [NAME]: JSON.stringify(handed) };
}

/**
 * What was handed over; undefined when nothing was. Removed from `env`. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`)
 * for what no master has written.
 */
export function takeHandover(env: NodeJS.ProcessEnv): HandedSocket[] | undefined {
  const text = env[NAME];
  delete env[NAME];
  if (text === undefined) return undefined;
  try {
    const handed = JSON.parse(text) as unknown;
    if (!Array.isArray(handed)) throw new Error("it is no array");
    return handed.map(readSocket);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const seen = text.length > 200 ? `${text.slice(0, 200)}...` : text;
    throw typeError("UWSGI_INVALID_ARGUMENT", `${NAME} is not what a master writes (${why}): ${seen}`);
  }
}

function readSocket(one: unknown): HandedSocket {
  const { fd, asked, name, address, file } = (one ?? {}) as Record<string, unknown>;
  if (typeof fd !== "number" || !Number.isInteger(fd) || fd < FIRST_INHERITED_FD)
    throw new Error("fd is no descriptor");
  if (typeof asked !== "string" || typeof name !== "string") throw new Error("a socket without asked or name");
  const { kind } = (address ?? {}) as Record<string, unknown>;
  if (typeof kind !== "string") throw new Error("a socket without address");
  return { fd, asked, name, address: address as Address, file: file === undefined ? undefined : readFile(file) };
}

function readFile(file: unknown): FilePlace {
  const { dev, ino } = file as Record<string, string>;
  // Throws for what is no number.
  return { dev: BigInt(dev ?? "?"), ino: BigInt(ino ?? "?") };
}
