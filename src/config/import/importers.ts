/** What `uisge import` is made of, for a command that loads all of it at once. */
export { importGunicorn } from "./gunicorn.ts";
export { type ImportKind, kindByContent, kindByName, kindByText } from "./guess-kind.ts";
export { givensOfFile } from "./imported.ts";
export { withoutComments } from "./json-comments.ts";
export { parseDocument } from "./parse-document.ts";
export { importPm2 } from "./pm2.ts";
export { reportCells, reportSummary } from "./report-text.ts";
export { importUnit } from "./unit.ts";
export { readUwsgi } from "./read-uwsgi.ts";
export { importUwsgi } from "./uwsgi.ts";
export { writeIni } from "./write-ini.ts";
export { writeYaml } from "./write-yaml.ts";
