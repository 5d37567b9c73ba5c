/** What becomes of what Unit says for all applications: `settings`, `access_log`. Pure. */
import type { Origin } from "../given.ts";
import type { ImportRow } from "./imported.ts";
import { isObject } from "./instances.ts";
import { rowOf, type Said, type Sheet } from "./sheet.ts";
import { textOf } from "./value-text.ts";

type Members = Readonly<Record<string, unknown>>;

const HTTP: Readonly<Record<string, string>> = {
  header_read_timeout: "header-timeout",
  body_read_timeout: "body-timeout",
  send_timeout: "write-timeout",
  max_body_size: "max-body-bytes",
};

const FRONT: ReadonlySet<string> = new Set([
  "idle_timeout",
  "large_header_buffer_size",
  "large_header_buffers",
  "body_buffer_size",
  "body_temp_path",
  "discard_unsafe_fields",
  "websocket",
  "static",
  "log_route",
  "server_version",
  "chunked_transform",
  "compression",
]);

export function convertSettings(
  settings: Members,
  sheets: ReadonlyMap<string, Sheet>,
  origin: Origin,
): readonly ImportRow[] {
  return Object.entries(settings).flatMap(([key, value]): readonly ImportRow[] => {
    const said: Said = { option: `settings.${key}`, value, origin };
    if (key === "http")
      return Object.entries(isObject(value) ? value : {}).map(([name, one]) => ofHttp(name, one, sheets, origin));
    if (key === "listen_threads")
      return [rowOf(said, { verdict: "dropped", text: "workers accept themselves: processes" })];
    if (key === "telemetry")
      return [rowOf(said, { verdict: "attention", text: "traces are the application's: import = ./tracing.js" })];
    if (key === "js_module") return [rowOf(said, { verdict: "attention", text: "scripts of Unit's are not run here" })];
    return [rowOf(said, { verdict: "attention", text: "no setting that is known" })];
  });
}

function ofHttp(name: string, value: unknown, sheets: ReadonlyMap<string, Sheet>, origin: Origin): ImportRow {
  const said: Said = { option: `settings.http.${name}`, value, origin };
  const to = HTTP[name];
  if (to === undefined) {
    if (FRONT.has(name))
      return rowOf(said, { verdict: "attention", text: "it is about HTTP: nginx says it, or uisge bridge" });
    return rowOf(said, { verdict: "attention", text: "no setting that is known" });
  }
  const needed = [...sheets.values()].map((sheet) => sheet.put(to, Number(value))).find((one) => one !== undefined);
  if (needed !== undefined) return rowOf(said, { verdict: "attention", to, text: `${to}: ${needed}` });
  return rowOf(said, { verdict: "renamed", to, text: `${to}, of each application` });
}

/** A path, or an object with one. */
export function convertAccessLog(
  value: unknown,
  sheets: ReadonlyMap<string, Sheet>,
  origin: Origin,
): readonly ImportRow[] {
  const members = isObject(value) ? value : { path: value };
  return Object.entries(members).map(([key, one]): ImportRow => {
    const option = isObject(value) ? `access_log.${key}` : "access_log";
    const said: Said = { option, value: one, origin };
    if (key !== "path")
      return rowOf(said, {
        verdict: "attention",
        text: "log-format = TEMPLATE has variables of uWSGI's, such as %(addr) and %(status)",
      });
    if (sheets.size > 1) {
      const text = "a file for each application: access-logto = FILE";
      return rowOf(said, { verdict: "attention", to: "access-logto", text });
    }
    for (const sheet of sheets.values()) sheet.put("access-logto", textOf(one));
    return rowOf(said, { verdict: "renamed", to: "access-logto", text: "access-logto" });
  });
}
