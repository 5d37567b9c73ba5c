/**
 * Rules on the sockets themselves: pure, from what the probes have seen. What nginx may do is told from owner, group and
 * mode; access lists of the file system (ACLs) are not read.
 */
import type { Directive } from "../nginx/configuration.ts";
import type { Finding, Fix, RuleText } from "./rule.ts";

/** A user as the system knows it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  /** Of all its groups, the primary one first. */
  readonly gids: readonly number[];
  /** The name of the primary group. */
  readonly group: string;
}

/** A file, a folder or a socket: whose it is, and who may do what. */
export interface Entry {
  readonly path: string;
  readonly kind: "socket" | "folder" | "other" | "missing";
  /** The twelve lowest bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What came of connecting: the reply to a ping, or why there was none. */
export type Reply =
  | "uwsgi"
  | "http"
  | "other"
  | "silence"
  | "tls"
  | "refused"
  | "full"
  | "denied"
  | "unknown-name"
  | "failed";

export interface SocketFacts {
  /** As in the configuration. */
  readonly text: string;
  /** Where it stands; undefined for one that was given by hand. */
  readonly at: Directive | undefined;
  /** For a unix socket. */
  readonly entry: Entry | undefined;
  /** The folders on the way to it, from the root. */
  readonly parents: readonly Entry[];
  /** Undefined when there is nothing to connect to. */
  readonly reply: Reply | undefined;
}

/** Bits of a class. */
const WRITE = 0o2;
const PASS = 0o1;
const ALL_MAY_WRITE = 0o002;

type Name =
  | "missing"
  | "notSocket"
  | "parent"
  | "owner"
  | "mode"
  | "open"
  | "dead"
  | "full"
  | "http"
  | "other"
  | "silent"
  | "name"
  | "failed"
  | "temp";

export const socketRules: Readonly<Record<Name, RuleText>> = {
  missing: {
    id: "socket-missing",
    severity: "error",
    why: 'The application does not run, or listens elsewhere. nginx answers 502 and logs "No such file or directory".',
  },
  notSocket: {
    id: "socket-not-a-socket",
    severity: "error",
    why: 'Nobody can connect to a file. nginx answers 502 and logs "Connection refused".',
  },
  parent: {
    id: "socket-folder",
    severity: "error",
    why: 'nginx\'s user must be able to pass every folder on the way. It answers 502 and logs "Permission denied".',
  },
  owner: {
    id: "socket-owner",
    severity: "error",
    why: "Connecting needs the write permission, and nginx's user is neither owner nor in the group. The server sets it when it starts: uisge serve --chown-socket USER:GROUP.",
  },
  mode: {
    id: "socket-mode",
    severity: "error",
    why: "Connecting needs the write permission. The server sets it when it starts: uisge serve --chmod-socket 660.",
  },
  open: {
    id: "socket-open-to-all",
    severity: "warning",
    why: "Every user of this machine can send requests past nginx, with any REMOTE_ADDR and REMOTE_USER. Mode 660 and a common group are enough.",
  },
  dead: {
    id: "socket-dead",
    severity: "error",
    why: 'Nobody listens: the server has ended, and a socket file may be left of it. nginx answers 502 and logs "Connection refused".',
  },
  full: {
    id: "socket-queue-full",
    severity: "warning",
    why: 'More connections wait than the queue has room for: the server is stuck or overloaded. nginx answers 502 and logs "Resource temporarily unavailable".',
  },
  http: {
    id: "socket-speaks-http",
    severity: "error",
    why: "What listens there is an HTTP server: it takes no uwsgi packets. Use proxy_pass, or serve the application with uisge serve.",
  },
  other: {
    id: "socket-speaks-otherwise",
    severity: "error",
    why: "What listens there does not speak uwsgi.",
  },
  silent: {
    id: "socket-silent",
    severity: "warning",
    why: "A uwsgi server answers a ping at once: this one is stuck, or speaks something else.",
  },
  name: {
    id: "address-unknown",
    severity: "error",
    why: "nginx looks names up when it starts, and does not start when it cannot.",
  },
  failed: {
    id: "socket-unreachable",
    severity: "error",
    why: "nginx cannot connect either: it answers 502, or 504 after uwsgi_connect_timeout.",
  },
  temp: {
    id: "temp-path",
    severity: "error",
    why: "nginx keeps large bodies and answers there. Where its user may not write it answers 500 to uploads and cuts answers off.",
  },
};

/** What is wrong with a socket for that user. The first reason that keeps nginx out is the only one said. */
export function judgeSocket(facts: SocketFacts, user: User | undefined): readonly Finding[] {
  const { entry, parents, text, at } = facts;
  const found = (rule: RuleText, what: string, ...commands: string[]): Finding => {
    const fix = commands.map((command): Fix => ({ do: "run", text: command }));
    return { ...rule, at, what, fix };
  };
  if (entry !== undefined) {
    const { path } = entry;
    const closed = user === undefined ? [] : parents.filter((parent) => !may(user, parent, PASS));
    if (user !== undefined && closed.length > 0) {
      const what = `${user.name} may not pass ${closed.map((parent) => `${parent.path} (${describe(parent)})`).join(", ")}`;
      return [
        found(
          socketRules.parent,
          what,
          ...closed.map((parent) => `chmod ${classOf(user, parent)}+x ${shell(parent.path)}`),
        ),
      ];
    }
    if (entry.kind === "missing") {
      return [found(socketRules.missing, `there is no ${path}`, `uisge serve APP --socket ${shell(path)}`)];
    }
    if (entry.kind !== "socket") {
      const what = `${path} is a ${entry.kind === "folder" ? "folder" : "file"}`;
      return [found(socketRules.notSocket, what, `mv ${shell(path)} ${shell(`${path}.old`)}`)];
    }
  }
  return [...accessFindings(facts, user, found), ...replyFindings(text, facts.reply, found)];
}

/** A folder that nginx's workers write to. */
export function judgeTempPath(entry: Entry, at: Directive | undefined, user: User): readonly Finding[] {
  if (entry.kind === "missing" || may(user, entry, WRITE | PASS)) return [];
  const what = `${user.name} may not write to ${entry.path} (${describe(entry)})`;
  const fix: Fix[] = [{ do: "run", text: `chown ${user.name} ${shell(entry.path)} && chmod 700 ${shell(entry.path)}` }];
  return [{ ...socketRules.temp, at, what, fix }];
}

type Report = (rule: RuleText, what: string, ...commands: string[]) => Finding;

function accessFindings({ entry }: SocketFacts, user: User | undefined, found: Report): readonly Finding[] {
  if (entry === undefined) return [];
  const path = shell(entry.path);
  if (user !== undefined && !may(user, entry, WRITE)) {
    const what = `${user.name} may not write to ${entry.path} (${describe(entry)})`;
    const isNear = entry.uid === user.uid || user.gids.includes(entry.gid);
    if (isNear) return [found(socketRules.mode, what, `chmod ${classOf(user, entry)}+w ${path}`)];
    return [found(socketRules.owner, what, `chgrp ${user.group} ${path} && chmod g+rw ${path}`)];
  }
  if ((entry.mode & ALL_MAY_WRITE) === 0) return [];
  const command = user === undefined ? `chmod 660 ${path}` : `chgrp ${user.group} ${path} && chmod 660 ${path}`;
  return [found(socketRules.open, `${entry.path} has ${describe(entry)}`, command)];
}

function replyFindings(text: string, reply: Reply | undefined, found: Report): readonly Finding[] {
  const serve = `uisge serve APP --socket ${shell(text.replace(/^unix:/, ""))}`;
  switch (reply) {
    case "refused":
      return [found(socketRules.dead, `nobody listens at ${text}`, serve)];
    case "full":
      return [found(socketRules.full, `the queue of ${text} is full`)];
    case "http":
      return [found(socketRules.http, `an HTTP server answers at ${text}`, serve)];
    case "other":
      return [found(socketRules.other, `what answers at ${text} is not uwsgi`, serve)];
    case "silence":
      return [found(socketRules.silent, `${text} takes the connection and does not answer a ping`)];
    case "unknown-name":
      return [found(socketRules.name, `the name in ${text} is not known`)];
    case "failed":
      return [found(socketRules.failed, `${text} cannot be reached`)];
    default:
      return [];
  }
}

/** Bits as in `rwx`: one class counts, the first that fits. Root may do all. */
function may(user: User, entry: Entry, bits: number): boolean {
  if (user.uid === 0) return true;
  return ((entry.mode >> SHIFTS[classOf(user, entry)]) & bits) === bits;
}

const SHIFTS = { u: 6, g: 3, o: 0 } as const;

function classOf(user: User, { uid, gid }: Entry): "u" | "g" | "o" {
  if (uid === user.uid) return "u";
  return user.gids.includes(gid) ? "g" : "o";
}

function describe({ mode, uid, gid }: Entry): string {
  return `mode ${(mode & 0o777).toString(8).padStart(4, "0")}, owner ${uid}:${gid}`;
}

/** A path for a shell. */
function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
