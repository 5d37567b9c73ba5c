/** What is wrong on this machine with the sockets and folders of a configuration. */
import { type Address, formatAddress } from "../../connection/index.ts";
import { inOrder } from "../examine.ts";
import type { Block } from "../nginx/configuration.ts";
import { nearest } from "../nginx/inherit.ts";
import type { Finding } from "../rules/rule.ts";
import { judgeSocket, judgeTempPath, type User } from "../rules/sockets.ts";
import { readSite, type Site } from "../site.ts";
import { entryAt, type Looked, lookAtSocket } from "./look-at-socket.ts";

export interface MachineOptions {
  /** nginx's user, see `findNginxUser`; without one nothing is said about permissions. */
  readonly user?: User | undefined;
  /** Another socket to look at, beside those of the configuration. */
  readonly socket?: Address | undefined;
  /** Looks only at `socket`. Default false. */
  readonly isSocketOnly?: boolean;
  /** Milliseconds for one address: connecting, and the reply to a ping. Default 2 000. */
  readonly patienceMs?: number;
}

/** Looks at every socket that the configuration names. Connects to them: ask only for those of this machine. */
export async function examineMachine(main: Block, options: MachineOptions = {}): Promise<readonly Finding[]> {
  const { user, socket, isSocketOnly = false, patienceMs } = options;
  const site = readSite(main);
  const looked = new Map<string, Looked>();
  if (!isSocketOnly) for (const target of addressesOf(site)) looked.set(target.text, target);
  if (socket !== undefined && ![...looked.values()].some(({ address }) => isEqual(address, socket))) {
    looked.set("--socket", { text: textOf(socket), address: socket, at: undefined });
  }
  const findings: Finding[] = [];
  for (const one of looked.values()) findings.push(...judgeSocket(await lookAtSocket(one, patienceMs), user));
  if (!isSocketOnly && user !== undefined) findings.push(...tempFindings(site, user));
  return inOrder(findings);
}

/** Paths that nginx takes for something else are for the rules on the text. */
function addressesOf({ places }: Site): readonly Looked[] {
  return places.flatMap(({ targets }) =>
    targets.flatMap(({ text, address, at, isTls }) => {
      if (address === undefined || address.kind === "abstract" || address.kind === "fd") return [];
      if (address.kind === "unix" && !address.path.startsWith("/")) return [];
      const isOver = isTls && address.kind !== "tls";
      return [{ text, at, address: isOver ? { kind: "tls" as const, over: address } : address }];
    }),
  );
}

function tempFindings({ places }: Site, user: User): readonly Finding[] {
  return places.flatMap(({ block }) =>
    ["uwsgi_temp_path", "client_body_temp_path"].flatMap((name) => {
      const directive = nearest(block, name);
      const path = directive?.args[0];
      return path?.startsWith("/") === true ? judgeTempPath(entryAt(path), directive, user) : [];
    }),
  );
}

function isEqual(one: Address, other: Address): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function textOf(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : formatAddress(address);
}
