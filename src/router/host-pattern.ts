/** Hosts: names with or without a port, and patterns for them. */
import { encodeUtf8 } from "../environ/index.ts";
import { badRule, show, textOf } from "./bad-rule.ts";

/** A host in its parts. */
export interface Host {
  /** In lower case, without a dot at its end; IPv6 addresses in brackets. */
  readonly name: string;
  /** Digits, "" when there is none. */
  readonly port: string;
}

/** Splits what clients send as Host. What is none is a name that no pattern has. */
export function parseHost(text: string): Host {
  const match = /^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?$/.exec(text.toLowerCase());
  if (match === null) return { name: text.toLowerCase(), port: "" };
  return { name: withoutDot(match[1] ?? ""), port: match[2] ?? "" };
}

/** Reads a pattern; see `Conditions.host` for its forms. Throws a TypeError (`UWSGI_BAD_RULE`). */
export function compileHost(value: unknown, where: string): (host: Host) => boolean {
  const text = encodeUtf8(textOf(value, "a host such as example.com, example.com:8080 or *.example.com", where));
  const isWild = text.startsWith("*.");
  const { name, port } = parseHost(isWild ? text.slice(2) : text);
  if (name === "" || /[\s/*?,]/.test(name) || (name.includes(":") && !name.startsWith("["))) {
    throw badRule(where, `host ${show(value)}, allowed are a name, name:port, [ipv6] and *.name`);
  }
  const below = `.${name}`;
  return (host) =>
    (isWild ? host.name.endsWith(below) && host.name.length > below.length : host.name === name) &&
    (port === "" || port === host.port);
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
