/** The headers of a request, as curl makes them of its options. Pure but for files that options name. */
import type { Header } from "../../codec/index.ts";
import { encodeUtf8 } from "../../environ/index.ts";
import type { Aim } from "./aim.ts";
import { type CurlOptions, usageFailure } from "./curl-options.ts";
import { readSource } from "./request-body.ts";

export interface RequestHeaders {
  readonly headers: readonly Header[];
  /** Names that no front end passes on as they are. */
  readonly dropped: readonly string[];
}

/** `contentType`: what the body is, unless a header of the command line says otherwise. Throws a CurlFailure (2, 26). */
export async function makeHeaders(
  { headers: lines, cookies, values, flags, data }: CurlOptions,
  aim: Aim,
  contentType: string | undefined,
  agent: string,
): Promise<RequestHeaders> {
  const own = new Map<string, string>();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== "") own.set(name, encodeUtf8(value));
  };
  own.set("Host", aim.host);
  set("Authorization", basic(values.get("user") ?? aim.user));
  set("Range", values.has("range") ? `bytes=${values.get("range")}` : undefined);
  set("User-Agent", values.get("user-agent") ?? agent);
  const isJson = data.some(({ kind }) => kind === "json");
  set("Accept", isJson ? "application/json" : "*/*");
  set("Accept-Encoding", flags.has("compressed") ? "gzip, deflate, br" : undefined);
  set("Referer", values.get("referer"));
  set("Cookie", cookieOf(cookies));
  set("Content-Type", isJson ? "application/json" : contentType);
  const sent: Header[] = [];
  for (const line of await expand(lines)) {
    const read = readHeader(line);
    if (read === undefined) continue;
    const [name, value] = read;
    for (const known of own.keys()) if (known.toLowerCase() === name.toLowerCase()) own.delete(known);
    // There is no such thing on this wire: the length of a body is known.
    if (value !== undefined && name.toLowerCase() !== "transfer-encoding") sent.push([name, value]);
  }
  const all: Header[] = [...own, ...sent];
  return { headers: all, dropped: all.flatMap(([name]) => (/^[A-Za-z0-9-]+$/.test(name) ? [] : [name])) };
}

/** `Name: value`; `Name;` for an empty one; `Name:` to leave it out (value undefined). Undefined for an empty line. */
function readHeader(line: string): readonly [name: string, value: string | undefined] | undefined {
  const text = encodeUtf8(line);
  if (text.trim() === "") return undefined;
  const empty = /^([^:;]+);\s*$/.exec(text);
  if (empty !== null) return [empty[1]?.trim() ?? "", ""];
  const colon = text.indexOf(":");
  // curl sends nothing for what is no header.
  if (colon < 1) throw usageFailure(`-H ${JSON.stringify(line.slice(0, 80))}: "Name: value" is needed`);
  const value = text.slice(colon + 1).trim();
  return [text.slice(0, colon).trim(), value === "" ? undefined : value];
}

/** `@file` stands for its lines. */
async function expand(lines: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const line of lines) {
    if (line.startsWith("@")) all.push(...(await readSource(line.slice(1))).toString("utf8").split(/\r?\n/));
    else all.push(line);
  }
  return all;
}

function basic(user: string | undefined): string | undefined {
  if (user === undefined) return undefined;
  if (!user.includes(":")) throw usageFailure("-u USER:PASSWORD is needed: nobody is asked for a password here");
  return `Basic ${Buffer.from(user, "utf8").toString("base64")}`;
}

function cookieOf(cookies: readonly string[]): string | undefined {
  const file = cookies.find((cookie) => cookie !== "" && !cookie.includes("="));
  if (file !== undefined) throw usageFailure(`-b ${file}: "NAME=VALUE; ..." is needed, files of cookies are not read`);
  return cookies.join("; ");
}
