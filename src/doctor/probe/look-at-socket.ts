/** Looks at the addresses of a configuration: the files of their sockets, and who answers there. */
import { lstatSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { encodePacket } from "../../codec/index.ts";
import { type Address, dial, PeerStream } from "../../connection/index.ts";
import { errorCode } from "../../errors.ts";
import type { Directive } from "../nginx/configuration.ts";
import type { Entry, Reply, SocketFacts } from "../rules/sockets.ts";

/** Milliseconds for the connect and the reply to a ping together. */
const PATIENCE_MS = 2_000;

export interface Looked {
  readonly text: string;
  readonly address: Address;
  readonly at: Directive | undefined;
}

/** Looks at one address. Never rejects: what goes wrong is what is to be found out. */
export async function lookAtSocket(
  { text, address, at }: Looked,
  patienceMs: number = PATIENCE_MS,
): Promise<SocketFacts> {
  const plain = address.kind === "tls" ? address.over : address;
  const path = plain.kind === "unix" ? resolve(plain.path) : undefined;
  const entry = path === undefined ? undefined : entryAt(path);
  const parents = path === undefined ? [] : parentsOf(path);
  const isThere = entry === undefined || entry.kind === "socket";
  const reply = isThere ? await pinged(plain, address.kind === "tls", patienceMs) : undefined;
  return { text, at, entry, parents, reply };
}

/** What lies at a path, links followed as connecting does. */
export function entryAt(path: string): Entry {
  let stats: Stats | undefined;
  try {
    stats = statSync(path, { throwIfNoEntry: false });
  } catch {
    // A folder that we may not pass: what is behind it is not known.
  }
  if (stats === undefined) return { path, kind: "missing", mode: 0, uid: -1, gid: -1 };
  const kind = stats.isSocket() ? "socket" : stats.isDirectory() ? "folder" : "other";
  return { path, kind, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
}

/** The folders from the root to a path, of the place that a link leads to as well. */
function parentsOf(path: string): readonly Entry[] {
  const folders = new Set<string>();
  for (const end of [path, realOf(path)]) {
    for (let folder = dirname(end); ; folder = dirname(folder)) {
      folders.add(folder);
      if (folder === dirname(folder)) break;
    }
  }
  return [...folders]
    .sort()
    .filter((folder) => lstatSync(folder, { throwIfNoEntry: false }) !== undefined)
    .map(entryAt)
    .filter(({ kind }) => kind === "folder");
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Nothing there: its own folders are all that can be said.
    return path;
  }
}

/** Sends a ping (modifier1 100), which a uwsgi server answers with a packet of the same. */
async function pinged(address: Address, isTls: boolean, patienceMs: number): Promise<Reply> {
  const signal = AbortSignal.timeout(patienceMs);
  let stream: PeerStream;
  try {
    stream = new PeerStream(await dial(address, signal));
  } catch (error) {
    return failureOf(error);
  }
  // Nothing is sent where a handshake is expected: that somebody listens is all that is asked.
  if (isTls) {
    stream.destroy();
    return "tls";
  }
  const cut = (): void => stream.destroy(signal.reason);
  signal.addEventListener("abort", cut, { once: true });
  try {
    await stream.write(encodePacket({ modifier1: 100, vars: [] }));
    let bytes: Uint8Array = new Uint8Array(0);
    while (bytes.length < 4) {
      const chunk = await stream.read();
      if (chunk === undefined) return bytes.length === 0 ? "other" : readingOf(bytes);
      bytes = Buffer.concat([bytes, chunk]);
    }
    return readingOf(bytes);
  } catch {
    // Cut by our own patience, or reset: by somebody who cannot read a packet.
    return signal.aborted ? "silence" : "other";
  } finally {
    signal.removeEventListener("abort", cut);
    stream.destroy();
  }
}

function readingOf(bytes: Uint8Array): Reply {
  if (bytes[0] === 100) return "uwsgi";
  return Buffer.from(bytes).toString("latin1").startsWith("HTTP") ? "http" : "other";
}

function failureOf(error: unknown): Reply {
  const code =
    errorCode(error) === "UWSGI_CONNECT_FAILED" && error instanceof Error ? errorCode(error.cause) : undefined;
  switch (code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return "refused";
    case "EAGAIN":
      return "full";
    case "EACCES":
    case "EPERM":
      return "denied";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "unknown-name";
    default:
      return "failed";
  }
}
