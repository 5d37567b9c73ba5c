/**
 * Preloaded into a process: sends it the signals UISGE_SIGNALS, names with blanks between, as soon as a module is to be
 * loaded whose URL ends as UISGE_AT says.
 */
import { register } from "node:module";

const hooks = `
const { UISGE_AT: at, UISGE_SIGNALS: names } = process.env;
export async function load(url, context, nextLoad) {
  if (url.endsWith(at)) for (const name of names.split(" ")) process.kill(process.pid, name);
  return nextLoad(url, context);
}`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
