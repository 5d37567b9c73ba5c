/** Preloaded into a process: writes the URLs of all ES modules that are loaded into the file UISGE_LOADED, one a line. */
import { register } from "node:module";

const hooks = `
import { appendFileSync } from "node:fs";
export async function load(url, context, nextLoad) {
  appendFileSync(process.env.UISGE_LOADED, url + "\\n");
  return nextLoad(url, context);
}`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
