/** What an application may give to startResponse: rules 4, 27 to 29, 31 and 44. */
import { isLengthValue, isToken } from "../../codec/index.ts";
import { hopByHopHeaders } from "../../environ/index.ts";
import { isLatin1, show } from "./faults.ts";

/** A fault that is not yet told. */
export type Wrong = readonly [rule: number, what: string];

/** What is wrong with a status. */
export function wrongInStatus(status: unknown): Wrong | undefined {
  if (typeof status !== "string") return [27, `status is ${show(status)}, a string like "200 OK" is needed`];
  if (!isLatin1(status)) return [4, `status ${show(status)} has a character above U+00FF`];
  if (/^[2-5][0-9]{2} (?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/.test(status))
    return undefined;
  return [27, `status is ${show(status)}, needed is a number from 200 to 599, one space, and a reason`];
}

/** What is wrong with headers, one after the other. */
export function* wrongInHeaders(headers: unknown): Generator<Wrong> {
  if (!Array.isArray(headers)) {
    yield [28, `headers are ${show(headers)}, a list of pairs is needed`];
    return;
  }
  let lengths = 0;
  for (const header of headers as readonly unknown[]) {
    if (!Array.isArray(header) || header.length !== 2) {
      yield [28, `a header is ${show(header)}, a pair of name and value is needed`];
      continue;
    }
    const [name, value] = header as readonly unknown[];
    const wrong = wrongInName(name) ?? wrongInValue(String(name), value);
    if (wrong !== undefined) yield wrong;
    if (typeof name === "string" && name.toLowerCase() === "content-length" && ++lengths === 2) {
      yield [44, "Content-Length comes twice, only one can be true"];
    }
  }
}

function wrongInName(name: unknown): Wrong | undefined {
  if (typeof name !== "string" || !isToken(name)) return [28, `header name ${show(name)} is no token`];
  const lower = name.toLowerCase();
  if (lower === "status") return [28, "header Status is the status line's"];
  return hopByHopHeaders.has(lower) ? [31, `header ${name} is the server's: it concerns one connection`] : undefined;
}

function wrongInValue(name: string, value: unknown): Wrong | undefined {
  if (typeof value !== "string") return [28, `the value of header ${name} is ${show(value)}, a string is needed`];
  if (!isLatin1(value)) return [4, `the value of header ${name} has a character above U+00FF`];
  // eslint-disable-next-line no-control-regex -- they are what is looked for.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) return [29, `the value of header ${name} has a control character`];
  if (name.toLowerCase() === "content-length" && !isLengthValue(value.trim())) {
    return [44, `Content-Length is ${show(value)}, allowed are 1 to 15 digits`];
  }
  return undefined;
}

/** The length that sound headers announce. */
export function lengthIn(headers: Iterable<readonly [name: string, value: string]>): number | undefined {
  for (const [name, value] of headers) if (name.toLowerCase() === "content-length") return Number(value);
  return undefined;
}
