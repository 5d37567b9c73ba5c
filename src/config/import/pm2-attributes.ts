/** What becomes of each attribute of an application of PM2's. Pure. */
import { listOf } from "./instances.ts";
import type { Pm2AppContext } from "./pm2-context.ts";
import { baseOf, TYPESCRIPT } from "./pm2-script.ts";
import { megabytesOf, secondsOf } from "./pm2-units.ts";
import type { Outcome, Said, Sheet } from "./sheet.ts";
import { textOf } from "./value-text.ts";

/** Puts an attribute down, and tells what became of it. */
export type ConvertAttribute = (value: unknown, said: Said, sheet: Sheet, context: Pm2AppContext) => void;

/** By its names: PM2 has several for most. Not here: `env` and `env_NAME`. */
export const attributes: ReadonlyMap<string, ConvertAttribute> = new Map<string, ConvertAttribute>([
  ...each("script exec", (value, said, sheet) => sheet.say(said, "application", textOf(value))),
  ...each("name", (_value, said, sheet, { name }) => {
    sheet.tell(said, { verdict: "same", to: "name", text: `name = ${name}` });
  }),
  ...each("args", (value, said, sheet) => putList("args", listOf(value), said, sheet)),
  ...each("cwd", convertCwd),
  ...each("exec_interpreter interpreter", convertInterpreter),
  ...each("node_args nodeArgs interpreterArgs interpreter_args", convertNodeArgs),
  ...each("instances", convertInstances),
  ...each("exec_mode", always("each of the processes accepts from the same sockets, which the master keeps")),
  ...each("watch", convertWatch),
  ...each("ignore_watch watch_options", (_value, said, sheet, { app }) => {
    const isWatched = app["watch"] !== undefined && app["watch"] !== false;
    const text = isWatched
      ? "what is watched is said by watch = FOLDER, once or more; nothing is taken out of it"
      : "nothing is watched";
    sheet.tell(said, { verdict: isWatched ? "attention" : "dropped", text });
  }),
  ...each("watch_delay", always("changes that come together are one reload")),
  ...each("max_memory_restart", (value, said, sheet) => {
    const megabytes = megabytesOf(value);
    sheet.say(said, "reload-on-rss", megabytes ?? textOf(value), {
      text: `reload-on-rss = ${megabytes ?? ""}, in MiB: a new worker is ready before the old one leaves`,
    });
  }),
  ...each("kill_timeout", (value, said, sheet) => {
    const seconds = secondsOf(value);
    sheet.say(said, "grace", seconds ?? textOf(value), { text: `grace = ${seconds ?? ""}, in seconds` });
  }),
  ...each("listen_timeout", (value, said, sheet) => {
    const seconds = secondsOf(value);
    const text = `start-timeout = ${seconds ?? ""}, in seconds: what is not ready by then does not take over`;
    sheet.say(said, "start-timeout", seconds ?? textOf(value), { text });
  }),
  ...each("wait_ready", convertWaitReady),
  ...each(
    "shutdown_with_message",
    unless(false, "SIGTERM comes in place of the message, and the server is closed in order"),
  ),
  ...each(
    "min_uptime max_restarts restart_delay exp_backoff_restart_delay",
    always("a worker that crashes is started again at once, from the sixth time in a row on after 1 to 30 seconds"),
  ),
  ...each("autorestart", unless(true, "workers are always started again")),
  ...each("autostart", unless(true, "it is started by whoever starts uisge, such as systemd")),
  ...each("stop_exit_codes", attention("workers are always started again, whatever they end with")),
  ...each("cron_restart cron", convertCron),
  ...each("error_file error err err_file err_log", (value, said, sheet) => sheet.say(said, "logto", textOf(value))),
  ...each("out_file out output out_log", convertOut),
  ...each("log_file log", (value, said, sheet) => {
    if (typeof value === "string" && value !== "/dev/null") sheet.say(said, "logto", value);
    else sheet.tell(said, { verdict: "dropped", text: "there is no such file" });
  }),
  ...each("disable_logs", unless(false, "logs go to standard output and error; access-log = off leaves out requests")),
  ...each("log_type", (value, said, sheet) => {
    if (value !== "json") return sheet.tell(said, { verdict: "dropped", text: "lines are text" });
    sheet.put("access-log", "json");
    sheet.say(said, "log", "json", { text: "log = json and access-log = json" });
  }),
  ...each("log_date_format time", always("lines of the log begin with their time, as ISO 8601 has it")),
  ...each("merge_logs combine_logs", always("all workers write one log")),
  ...each("pid_file pid", (value, said, sheet) => {
    sheet.say(said, "pidfile", textOf(value), { text: "pidfile, of the master" });
  }),
  ...each("source_map_support", (value, said, sheet) => {
    if (value !== true) return sheet.tell(said, { verdict: "dropped", text: "source maps are not read anyhow" });
    sheet.say(said, "node-option", "--enable-source-maps", { text: "node-option = --enable-source-maps" });
  }),
  ...each("port", (value, said, sheet) => {
    sheet.say(said, "env", `PORT=${textOf(value)}`, { text: "env = PORT=..., which the application reads" });
  }),
  ...each("uid user", (value, said, sheet) => sheet.say(said, "uid", textOf(value))),
  ...each("gid", (value, said, sheet) => sheet.say(said, "gid", textOf(value))),
  ...each("instance_var", attention("UISGE_WORKER_ID has the number of a worker, in its environment")),
  ...each("increment_var", attention("all workers have the same environment; UISGE_WORKER_ID tells them apart")),
  ...each(
    "filter_env",
    attention("workers have the environment of the master: systemd's has little in it, env -i less"),
  ),
  ...each("post_update", attention("deploying is not done here: a script does that, and then calls uisge reload")),
  ...each(
    `name_prefix namespace install_url vizion execute_command force append_env_to_name trace disable_trace v8
     event_loop_inspector deep_monitoring km_link pmx automation treekill username windowsHide kill_retry_time write io
     disable_source_map_support version`,
    dropped("it is about PM2 itself"),
  ),
]);

function each(names: string, convert: ConvertAttribute): [name: string, convert: ConvertAttribute][] {
  return names.split(/\s+/).map((name) => [name, convert]);
}

function tellAs(verdict: Outcome["verdict"], text: string): ConvertAttribute {
  return (_value, said, sheet) => sheet.tell(said, { verdict, text });
}

function always(text: string): ConvertAttribute {
  return tellAs("always", text);
}

function attention(text: string): ConvertAttribute {
  return tellAs("attention", text);
}

function dropped(text: string): ConvertAttribute {
  return tellAs("dropped", text);
}

/** Of no account where it is what always holds here. */
function unless(here: boolean, text: string): ConvertAttribute {
  return (value, said, sheet) => sheet.tell(said, { verdict: value === here ? "always" : "attention", text });
}

function putList(name: string, list: readonly string[], said: Said, sheet: Sheet): void {
  const needed = list.map((one) => sheet.put(name, one)).find((one) => one !== undefined);
  if (needed !== undefined) sheet.tell(said, { verdict: "attention", to: name, text: `${name}: ${needed}` });
  else sheet.tell(said, { verdict: said.option === name ? "same" : "renamed", to: name, text: name });
}

function convertCwd(value: unknown, said: Said, sheet: Sheet, { folder }: Pm2AppContext): void {
  const path = textOf(value);
  const whole = path.startsWith("/") ? path : `${folder}/${path.replace(/^\.\/?/, "")}`.replace(/\/$/, "");
  sheet.say(said, "chdir", whole);
}

function convertInterpreter(value: unknown, said: Said, sheet: Sheet): void {
  const base = baseOf(textOf(value));
  if (TYPESCRIPT.includes(base)) {
    sheet.tell(said, { verdict: "always", text: "TypeScript is read where the package tsx is installed" });
  } else if (base === textOf(value)) sheet.tell(said, { verdict: "always", text: "node runs it" });
  else
    sheet.tell(said, {
      verdict: "attention",
      text: `workers run by the node that runs uisge: ${textOf(value)} ./node_modules/.bin/uisge serve`,
    });
}

/** Node's options; what loads modules is loaded by us, as the user of the workers. */
function convertNodeArgs(value: unknown, said: Said, sheet: Sheet): void {
  const list = listOf(value);
  const imports: string[] = [];
  const options: string[] = [];
  for (let at = 0; at < list.length; at++) {
    const [, name = "", joined] = /^(-r|--require|--import)(?:=(.*))?$/.exec(list[at] ?? "") ?? [];
    if (name === "") options.push(list[at] ?? "");
    else imports.push(joined ?? list[++at] ?? "");
  }
  for (const one of imports) sheet.put("import", one);
  for (const one of options) sheet.put("node-option", one);
  const to = options.length > 0 ? "node-option" : "import";
  const inWords = [options.length > 0 ? "node-option" : "", imports.length > 0 ? "import" : ""].filter(
    (one) => one !== "",
  );
  if (inWords.length === 0) sheet.tell(said, { verdict: "dropped", text: "there is none" });
  else sheet.tell(said, { verdict: "renamed", to, text: inWords.join(" and ") });
}

function convertInstances(value: unknown, said: Said, sheet: Sheet): void {
  const number = value === "max" ? 0 : Number(value);
  if (number === 0) return sheet.say(said, "processes", "auto", { text: "processes = auto, as many as processors" });
  if (number > 0) return sheet.say(said, "processes", number, { text: `processes = ${number}` });
  sheet.put("processes", "auto");
  const text = `processes = auto is as many as processors: write the number where ${-number} fewer are meant`;
  sheet.tell(said, { verdict: "attention", to: "processes", text });
}

function convertWatch(value: unknown, said: Said, sheet: Sheet): void {
  if (value === false) return sheet.tell(said, { verdict: "dropped", text: "nothing is watched anyhow" });
  const folders = value === true ? ["."] : listOf(value);
  putList("watch", folders, said, sheet);
}

function convertWaitReady(value: unknown, said: Said, sheet: Sheet): void {
  if (value !== true) return sheet.tell(said, { verdict: "dropped", text: "process.send is not waited for anyhow" });
  const text =
    'a worker is ready when its application listens or is exported: process.send is left out, or called as "process.send?.()"';
  sheet.tell(said, { verdict: "attention", text });
}

/** Of the user of the workers, who may command the master only where that one is the same. */
function convertCron(value: unknown, said: Said, sheet: Sheet, { name, app }: Pm2AppContext): void {
  const fields = textOf(value).trim();
  const isPlain = /^(?:\S+\s+){4}\S+$/.test(fields);
  const hasUser = app["uid"] !== undefined || app["user"] !== undefined;
  if (!isPlain || hasUser) {
    const text = `a crontab of the master's user does it: ${isPlain ? fields : "MIN HOUR DAY MONTH WEEKDAY"} uisge reload ${name}`;
    return sheet.tell(said, { verdict: "attention", to: "cron", text });
  }
  const cron = `${fields} uisge reload ${name}`;
  sheet.say(said, "cron", cron, { verdict: "renamed", text: `cron = ${cron}; it needs the package croner` });
}

function convertOut(value: unknown, said: Said, sheet: Sheet, { app }: Pm2AppContext): void {
  const path = textOf(value);
  const error = [app["error_file"], app["error"], app["err"], app["err_file"], app["err_log"]].find(
    (one) => one !== undefined,
  );
  if (path === "/dev/null") return sheet.say(said, "access-log", "off", { text: "access-log = off" });
  if (path === error) return sheet.say(said, "logto", path, { text: "logto, for both" });
  const text =
    "access-logto, for requests; what the application prints goes to standard output, or into the log with capture-output = true";
  sheet.say(said, "access-logto", path, { verdict: "attention", text });
}
