/**
 * Where the records can be seen: a list, one of them, both as JSON too, and the request of one as a packet file. Only
 * read, by who may (see `access.ts`); others are not told that it is there.
 */
import type { AppResponse } from "../../handler/index.ts";
import type { Environ } from "../../environ/index.ts";
import { detailPage, listPage, messagePage } from "./page-html.ts";
import { POLICY } from "./page-style.ts";
import { detailOf, summaryOf } from "./recording-json.ts";
import type { Recording } from "./recording.ts";
import { replayOf } from "./replay.ts";
import type { Ring } from "./ring.ts";

/** Answers what is asked of the page; undefined for what is not. */
export function answerPage(environ: Environ, path: string, records: Ring<Recording>): AppResponse | undefined {
  const { PATH_INFO: asked, REQUEST_METHOD: method } = environ;
  if (typeof asked !== "string" || !asked.startsWith(path)) return undefined;
  const rest = asked.slice(path.length);
  if (rest !== "" && rest !== ".json" && !rest.startsWith("/")) return undefined;
  if (method !== "GET" && method !== "HEAD") return { ...html(messagePage("It can only be read."), 405), ...allow };
  // Links on it are relative: it does not know all paths that lead to it.
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (rest === "") return html(listPage(records.all().map(summaryOf), name, refreshIn(environ)));
  if (rest === ".json") return json(records.all().map(summaryOf));
  const match = /^\/([1-9][0-9]{0,14})(\.json|\.uwsgi)?$/.exec(rest);
  const found = match === null ? undefined : records.get(Number(match[1]));
  if (found === undefined) return html(messagePage("There is no such record: it may be too old."), 404);
  if (match?.[2] === ".json") return json(detailOf(found));
  return match?.[2] === ".uwsgi" ? packetFile(found) : html(detailPage(detailOf(found), name));
}

/** The page asks for itself again, where its reader has wished so. */
function refreshIn({ QUERY_STRING: query }: Environ): boolean {
  return query === "refresh";
}

const allow = { headers: [["Allow", "GET, HEAD"], ...headersFor("text/html; charset=utf-8")] } as const;

function html(text: string, status = 200): AppResponse {
  return { status, headers: headersFor("text/html; charset=utf-8"), body: text };
}

function json(value: unknown): AppResponse {
  return { status: 200, headers: headersFor("application/json"), body: `${JSON.stringify(value, undefined, 2)}\n` };
}

function packetFile(recording: Recording): AppResponse {
  const replay = replayOf(recording);
  if (replay === undefined) return html(messagePage("The request fits no packet."), 404);
  const disposition = `attachment; filename="exchange-${recording.number}.uwsgi"`;
  return {
    status: 200,
    headers: [...headersFor("application/octet-stream"), ["Content-Disposition", disposition]],
    body: replay.bytes,
  };
}

function headersFor(type: string): AppResponse["headers"] {
  return [
    ["Content-Type", type],
    ["Content-Security-Policy", POLICY],
    ["Cache-Control", "no-store"],
    ["Referrer-Policy", "no-referrer"],
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", "DENY"],
    ["Cross-Origin-Resource-Policy", "same-origin"],
    ["Cross-Origin-Opener-Policy", "same-origin"],
  ];
}
