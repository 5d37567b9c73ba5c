/** The answers that a server gives of its own accord: fixed bytes. */

const phrases: ReadonlyMap<number, string> = new Map([
  [400, "Bad Request"],
  [411, "Length Required"],
  [413, "Content Too Large"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
]);

/** The whole answer of that status; `withBody` is false for a HEAD request. */
export function fixedAnswer(status: number, withBody = true): string {
  const text = `${status} ${phrases.get(status)}\n`;
  const head = [
    `HTTP/1.1 ${status} ${phrases.get(status)}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${text.length}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${withBody ? text : ""}`;
}
