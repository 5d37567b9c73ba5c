/** The vars of a place, as its `uwsgi_param` lines make them. */
import type { Block, Directive } from "../nginx/configuration.ts";
import { listAt, ownOf } from "../nginx/inherit.ts";

/** nginx's own file `uwsgi_params`, with what it needs to be complete. */
export const STOCK: ReadonlyMap<string, string> = new Map([
  ["QUERY_STRING", "$query_string"],
  ["REQUEST_METHOD", "$request_method"],
  ["CONTENT_TYPE", "$content_type"],
  ["CONTENT_LENGTH", "$content_length"],
  ["REQUEST_URI", "$request_uri"],
  ["PATH_INFO", "$document_uri"],
  ["DOCUMENT_ROOT", "$document_root"],
  ["SERVER_PROTOCOL", "$server_protocol"],
  ["REQUEST_SCHEME", "$scheme"],
  ["HTTPS", "$https if_not_empty"],
  ["REMOTE_ADDR", "$remote_addr"],
  ["REMOTE_PORT", "$remote_port"],
  ["SERVER_PORT", "$server_port"],
  ["SERVER_NAME", "$server_name"],
]);

/** Lines for these names, with nginx's own values. */
export function stockLines(names: Iterable<string>): string {
  return [...names].map((name) => `uwsgi_param ${name.padEnd(15)} ${STOCK.get(name) ?? '""'};`).join("\n");
}

/** What a client may claim by its headers: a proxy for programs, and hops before this one. Emptied it reaches nobody. */
const CLAIMS = [
  "HTTP_PROXY",
  "HTTP_FORWARDED",
  "HTTP_X_FORWARDED_FOR",
  "HTTP_X_FORWARDED_HOST",
  "HTTP_X_FORWARDED_PORT",
  "HTTP_X_FORWARDED_PROTO",
  "HTTP_X_FORWARDED_SSL",
  "HTTP_X_REAL_IP",
];

/** All lines that a place needs where there are none. */
export function allLines(): string {
  return `${stockLines(STOCK.keys())}\n${emptied(CLAIMS)}`;
}

/** Lines that keep headers of clients out. */
export function emptied(names: readonly string[]): string {
  return names.map((name) => `uwsgi_param ${name} "" if_not_empty;`).join("\n");
}

/** A `uwsgi_param` in effect. */
export interface Param {
  readonly name: string;
  readonly value: string;
  readonly directive: Directive;
}

export function paramsOf(block: Block): readonly Param[] {
  return listAt(block, "uwsgi_param").map((directive) => {
    const [name = "", value = ""] = directive.args;
    return { name, value, directive };
  });
}

/** The last of that name: what uWSGI, and uisge where it takes two, believes. */
export function paramOf(block: Block, name: string): Param | undefined {
  return paramsOf(block).findLast((param) => param.name === name);
}

/** Names of nginx's own file that the place lacks. None where a file could not be read that may have them. */
export function missingOf(block: Block): readonly string[] {
  if (isUnsure(block)) return [];
  const present = new Set(paramsOf(block).map(({ name }) => name));
  return [...STOCK.keys()].filter((name) => !present.has(name));
}

/** The block whose lines hold here; the location itself when there are none. */
export function paramBlock(block: Block): Block {
  return listAt(block, "uwsgi_param")[0]?.parent ?? settingBlock(block);
}

/** The lines outside of those that hold here, which these switch off. */
export function switchedOff(block: Block): readonly Directive[] {
  return listAt(paramBlock(block).parent, "uwsgi_param");
}

/** The location, for a place that is an `if` in it: most directives may not stand in one. */
export function settingBlock(block: Block): Block {
  let at = block;
  while ((at.name === "if" || at.name === "limit_except") && at.parent !== undefined) at = at.parent;
  return at;
}

/** True when the lines that hold here may stand in a file that could not be read. */
export function isUnsure(block: Block): boolean {
  for (let at: Block | undefined = block; at !== undefined; at = at.parent) {
    if (at.unread.some(({ args }) => !/(?:^|\/)mime\.types$/.test(args[0] ?? ""))) return true;
    if (ownOf(at, "uwsgi_param").length > 0) return false;
  }
  return false;
}
