/** A configuration as the rules see it: the places from where nginx passes requests on by uwsgi, and to what. */
import { type Address, parseAddress } from "../connection/index.ts";
import type { Block, Directive } from "./nginx/configuration.ts";
import { around, blocksBelow, nearest, ownOf } from "./nginx/inherit.ts";

/** Where a `uwsgi_pass` stands: a location, or an `if` in one. */
export interface Place {
  readonly pass: Directive;
  readonly block: Block;
  readonly server: Block;
  readonly listens: readonly Listen[];
  readonly targets: readonly Target[];
}

/** One `listen`. */
export interface Listen {
  readonly isTls: boolean;
  /** Undefined for a unix socket. */
  readonly port: number | undefined;
  /** Undefined for what nginx does without a `listen`. */
  readonly directive: Directive | undefined;
}

/** One server that requests may go to. */
export interface Target {
  /** As it is written, without `suwsgi://`. */
  readonly text: string;
  readonly isTls: boolean;
  /** Undefined when it is a name that has no port, or holds a variable. */
  readonly address: Address | undefined;
  /** The `uwsgi_pass`, or the `server` in an `upstream`. */
  readonly at: Directive;
  readonly upstream: Block | undefined;
}

export interface Site {
  readonly main: Block;
  readonly http: Block | undefined;
  readonly places: readonly Place[];
  readonly upstreams: ReadonlyMap<string, Block>;
}

/** A file that is a part only, as those in `sites-enabled` are, is read as if nothing stood around it. */
export function readSite(main: Block): Site {
  const has = (name: string): boolean => ownOf(main, name).length > 0;
  const isServer = has("location") || has("uwsgi_pass");
  const isPart = isServer || has("server") || has("upstream");
  const http = ownOf(main, "http")[0]?.block ?? (isPart ? main : undefined);
  const upstreams = new Map<string, Block>();
  const places: Place[] = [];
  if (http === undefined) return { main, http, places, upstreams };
  for (const { args, block } of ownOf(http, "upstream")) if (block !== undefined) upstreams.set(args[0] ?? "", block);
  const servers = ownOf(http, "server").flatMap(({ block }) => block ?? []);
  for (const server of isServer ? [main] : servers) {
    const listens = listensOf(server);
    for (const block of blocksBelow(server)) {
      const pass = ownOf(block, "uwsgi_pass")[0];
      if (pass !== undefined) places.push({ pass, block, server, listens, targets: targetsOf(pass, http, upstreams) });
    }
  }
  return { main, http, places, upstreams };
}

/** True when requests may come in by TLS, by plain HTTP. */
export function comesByTls({ listens }: Place): boolean {
  return listens.some(({ isTls }) => isTls);
}
export function comesPlain({ listens }: Place): boolean {
  return listens.some(({ isTls }) => !isTls);
}

function listensOf(server: Block): readonly Listen[] {
  const isAllTls = nearest(server, "ssl")?.args[0] === "on";
  const given = ownOf(server, "listen").map((directive) => {
    const [address = "", ...flags] = directive.args;
    const port = address.startsWith("unix:") ? undefined : Number(/(?:^|:)([0-9]{1,5})$/.exec(address)?.[1] ?? 80);
    return { isTls: isAllTls || flags.includes("ssl"), port, directive };
  });
  return given.length > 0 ? given : [{ isTls: isAllTls, port: 80, directive: undefined }];
}

function targetsOf(pass: Directive, http: Block, upstreams: ReadonlyMap<string, Block>): readonly Target[] {
  return passTexts(pass, http).flatMap((whole): readonly Target[] => {
    const isTls = whole.startsWith("suwsgi://");
    const text = whole.replace(/^s?uwsgi:\/\//, "");
    const upstream = upstreams.get(text);
    if (upstream === undefined) return [{ text, isTls, address: addressOf(text), at: pass, upstream }];
    return ownOf(upstream, "server").map((at) => {
      const server = at.args[0] ?? "";
      return { text: server, isTls, address: addressOf(server), at, upstream };
    });
  });
}

/** What a `uwsgi_pass` may say: itself, or the texts that its variable is set to. */
function passTexts(pass: Directive, http: Block): readonly string[] {
  const text = pass.args[0] ?? "";
  const variable = /^\$\{?(\w+)\}?$/.exec(text)?.[1];
  if (variable === undefined) return [text];
  const values = [...valuesOf(variable, http, around(pass.parent, "server"))];
  return values.length > 0 ? [...new Set(values)] : [text];
}

/** The literal values that `set` in this server, `map` and `geo` give to a variable. */
function* valuesOf(variable: string, http: Block, server: Block | undefined): Generator<string, void> {
  for (const block of server === undefined ? [] : blocksBelow(server)) {
    for (const { args } of ownOf(block, "set")) if (args[0] === `$${variable}`) yield args[1] ?? "";
  }
  for (const { name, args, block } of http.directives) {
    if (block === undefined || (name !== "map" && name !== "geo") || args.at(-1) !== `$${variable}`) continue;
    const words = new Set(["hostnames", "volatile", "ranges", "proxy", "proxy_recursive", "delete"]);
    for (const entry of block.directives) if (!words.has(entry.name)) yield entry.args[0] ?? "";
  }
}

/** nginx knows no abstract sockets: it takes `unix:@name` for a file. `unix:///run/app.sock` is often seen. */
function addressOf(text: string): Address | undefined {
  if (text.includes("$")) return undefined;
  try {
    const address = parseAddress(text);
    if (address.kind === "abstract") return { kind: "unix", path: `@${address.name}` };
    return address.kind === "unix" ? { kind: "unix", path: address.path.replace(/\/{2,}/g, "/") } : address;
  } catch {
    // A name without a port: what nginx makes of it is for the rules.
    return undefined;
  }
}
