/** Differences between node:http and uwsgi that are known, each with its reason. All others are faults. */
import type { Difference } from "./observe.ts";

export interface KnownDifference {
  /** Of which rows; all when left out. */
  readonly rows?: RegExp;
  /** Of which cells; all when left out. */
  readonly cells?: RegExp;
  /** Lines that only node:http has. */
  readonly onNode?: RegExp;
  /** Lines that only uwsgi has. */
  readonly onUwsgi?: RegExp;
  /** What differs, and why it may. */
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    cells: /^failure behind the head$/,
    onNode: /^broken off$/,
    onUwsgi: /^body /,
    reason:
      "An answer without a length that fails in the middle looks whole: uwsgi has no framing, and a unix socket no reset. " +
      "The log says so each time. Over TCP, or with a Content-Length, the client sees that it is broken off.",
  },
  {
    rows: /^(?:node:http|Hono 4.*|Nitro 2 build)$/,
    onUwsgi: /^header content-length: \d+$/,
    reason:
      "Here a Content-Length, on node:http chunks: uwsgi has no chunks, so a body that is known whole is announced. " +
      "`res.writeHead(...)` followed by one `res.end(...)` is such a case.",
  },
  {
    rows: /^(?:Hono 4|h3 2)$/,
    onNode: /^header content-type: text\/plain; charset=UTF-8$/,
    onUwsgi: /^header content-type: text\/plain;charset=UTF-8$/,
    reason:
      "The platform's `Response` of a text has the type `text/plain;charset=UTF-8`, and that is sent. " +
      "@hono/node-server and srvx write it with a blank; @hono/node-server also gives it to streams that have no type.",
  },
  {
    rows: /^h3 2$/,
    onNode: /^status \d+ $/,
    onUwsgi: /^status \d+ [A-Z].*$/,
    reason: "srvx sends no reason phrase. We send the registered one; no client may depend on it (RFC 9112 4).",
  },
  {
    cells: /^no content$/,
    onNode: /^header content-length: 0$/,
    reason: "srvx sends `Content-Length: 0` with a 204, which RFC 9110 8.6 forbids. It is left out.",
  },
];

/** Which of the known differences this is, by its number from 0; undefined when it is not known. */
export function explain(row: string, cell: string, { only, line }: Difference): number | undefined {
  const at = knownDifferences.findIndex(({ rows = /(?:)/, cells = /(?:)/, onNode, onUwsgi }) => {
    const lines = only === "node:http" ? onNode : onUwsgi;
    return lines !== undefined && rows.test(row) && cells.test(cell) && lines.test(line);
  });
  return at < 0 ? undefined : at;
}
