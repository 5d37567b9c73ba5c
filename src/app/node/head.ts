/**
 * The head of a `ServerResponse`, made in place of Node's own: a front end frames the body and owns the connection,
 * so nothing is chunked and no hop-by-hop header leaves.
 */
import { trimValue } from "../../codec/index.ts";
import { contractError } from "../../errors.ts";
import { knownHeader } from "../../handler/index.ts";
import type { GivenHeaders, ResponseParts } from "./internals.ts";

/** A head that is being made. */
class Head {
  text: string;
  /** The Content-Length that it announces. */
  length: number | undefined;

  constructor(text: string) {
    this.text = text;
  }

  add(name: string, value: unknown, isWithoutBody: boolean): void {
    if (!Array.isArray(value)) this.addLine(name, value, isWithoutBody);
    else for (const one of value) this.addLine(name, one, isWithoutBody);
  }

  private addLine(name: string, value: unknown, isWithoutBody: boolean): void {
    const known = knownHeader(name);
    if (known.role === "server") return;
    const text = trimValue(typeof value === "string" ? value : String(value));
    if (known.role === "length") {
      // RFC 9110 8.6: none with 204; nginx would wait for the bytes.
      if (isWithoutBody || this.length !== undefined) return;
      this.length = Number(text);
    }
    this.text += known.lineOf(text);
  }
}

/**
 * Stores the head in the response. Answers the Content-Length that it announces. Throws an AppError
 * (`UWSGI_APP_CONTRACT`) for a status below 200: the front end would take it for the answer.
 */
export function storeHead(res: ResponseParts, statusLine: string, headers: GivenHeaders): number | undefined {
  const { statusCode: status } = res;
  if (status < 200) throw contractError(`status ${status}, allowed are 200 to 999`);
  const head = new Head(statusLine);
  const isWithoutBody = status === 204;
  if (Array.isArray(headers)) addList(head, headers, isWithoutBody);
  else if (headers !== null && headers !== undefined) addAll(head, headers, isWithoutBody);
  if (head.length === undefined && res._hasBody && !res._removedContLen && typeof res._contentLength === "number") {
    head.length = res._contentLength;
    head.text += `Content-Length: ${head.length}\r\n`;
  }
  res._header = `${head.text}\r\n`;
  res._headerSent = false;
  return head.length;
}

/** Names and values by turns, or in pairs. */
function addList(head: Head, list: readonly unknown[], isWithoutBody: boolean): void {
  if (Array.isArray(list[0])) {
    for (const [name, value] of list as [string, unknown][]) head.add(name, value, isWithoutBody);
    return;
  }
  for (let i = 0; i < list.length; i += 2) head.add(list[i] as string, list[i + 1], isWithoutBody);
}

/** Of `setHeader`: `{ lower: [name, value] }`, without a prototype. Of `writeHead`: `{ name: value }`. */
function addAll(head: Head, headers: object, isWithoutBody: boolean): void {
  const isStored = Object.getPrototypeOf(headers) === null;
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    if (isStored) {
      const [sent, stored] = value as [string, unknown];
      head.add(sent, stored, isWithoutBody);
    } else head.add(name, value, isWithoutBody);
  }
}
