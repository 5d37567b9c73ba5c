/** How values of uWSGI's options become ours, option by option. Pure. */
import type { Given } from "../given.ts";
import { textOf } from "./value-text.ts";
import { EXPOSED, isExposed, isYes, type Said, type Sheet, socketAddress } from "./sheet.ts";

/** Puts what was said onto the sheet, and tells what became of it. */
export type Convert = (text: string, said: Said, sheet: Sheet, given: Given) => void;

/** Which options are not put down as they are. */
export const uwsgiValues: ReadonlyMap<string, Convert> = new Map<string, Convert>([
  ...each(["socket", "uwsgi-socket"], convertSocket),
  ...each(["suwsgi-socket", "ssl-socket"], convertTlsSocket),
  ...each(["http", "httprouter", "http-socket", "http11-socket"], convertHttp),
  ...each(["chmod-socket", "chmod"], (text, said, sheet, { value }) => {
    // Alone, it is 666.
    const mode = value === true || text === "" ? "666" : text;
    sheet.say(said, "chmod-socket", mode);
  }),
  ...each(["disable-logging"], (text, said, sheet) => {
    if (isYes(text)) sheet.say(said, "access-log", "off", { text: "access-log = off" });
    else sheet.tell(said, { verdict: "dropped", text: "requests are logged anyhow" });
  }),
  ...each(["logger"], (text, said, sheet) => convertLogger("logto", text, said, sheet)),
  ...each(["req-logger", "logger-req"], (text, said, sheet) => convertLogger("access-logto", text, said, sheet)),
  ...each(["logto", "logto2", "daemonize", "daemonize2"], convertLog),
  ...each(["uid", "immediate-uid"], (text, said, sheet) => {
    if (text === "root" || text === "0") sheet.say(said, "uid", text, { verdict: "attention", text: ROOT });
    else sheet.say(said, "uid", text);
  }),
  ...each(["env", "ienv"], (text, said, sheet) => {
    const [name = ""] = text.split("=", 1);
    sheet.say({ ...said, value: name }, "env", text);
  }),
  ...each(["cron", "unique-cron"], (text, said, sheet) => putCron(cronOf(text), said, sheet)),
  ...each(["cron2"], (text, said, sheet) => putCron(cron2Of(text), said, sheet)),
  ...each(["attach-daemon2"], convertDaemon),
  ...each(["socket-timeout"], (text, said, sheet) => {
    sheet.put("write-timeout", text);
    sheet.say(said, "body-timeout", text, { text: "body-timeout and write-timeout" });
  }),
  ...each(
    ["py-auto-reload", "py-autoreload", "python-auto-reload", "python-autoreload", "perl-auto-reload"],
    (text, said, sheet) => {
      if (!isYes(text)) sheet.tell(said, { verdict: "dropped", text: "nothing is watched anyhow" });
      else
        sheet.say(said, "watch", ".", {
          text: "watch = ., for development: a server that serves people has no use for it",
        });
    },
  ),
  ...each(["threads", "async", "ugreen"], (text, said, sheet) => {
    sheet.tell(said, { verdict: "always", text: "each worker answers many requests at a time, by its event loop" });
    void text;
  }),
]);

const ROOT = "workers as root need allow-root = true; better is a user of their own";

function each(names: readonly string[], convert: Convert): [name: string, convert: Convert][] {
  return names.map((name) => [name, convert]);
}

function convertSocket(text: string, said: Said, sheet: Sheet): void {
  if (/^=[0-9]+$/.test(text)) {
    sheet.tell(said, {
      verdict: "attention",
      to: "socket",
      text: "name the address of the shared socket: socket = ADDRESS",
    });
    return;
  }
  const address = socketAddress(text);
  sheet.say(said, "socket", address, isExposed(address) ? { verdict: "attention", text: EXPOSED } : {});
}

/** `ADDRESS,CERTIFICATE,KEY[,CIPHERS[,AUTHORITY]]` */
function convertTlsSocket(text: string, said: Said, sheet: Sheet): void {
  const [address = "", cert = "", key = "", ciphers = "", ca = ""] = text.split(",");
  if (cert === "" || key === "") {
    sheet.tell(said, { verdict: "attention", to: "socket", text: "suwsgi:// needs tls-cert and tls-key" });
    return;
  }
  sheet.put("tls-cert", cert);
  sheet.put("tls-key", key);
  if (ca !== "") sheet.put("tls-ca", ca.replace(/^!/, ""));
  const secure = `suwsgi://${socketAddress(address)}`;
  if (isExposed(secure) && ca === "") sheet.say(said, "socket", secure, { verdict: "attention", text: EXPOSED });
  else if (ciphers !== "") {
    sheet.say(said, "socket", secure, {
      verdict: "attention",
      text: "socket, tls-cert and tls-key; ciphers are those of Node",
    });
  } else sheet.say(said, "socket", secure, { text: "socket = suwsgi://..., tls-cert and tls-key" });
}

function convertHttp(text: string, said: Said, sheet: Sheet): void {
  // Ours has the port alone, too.
  const address = text.replace(/^\*:/, ":").replace(/^[0-9]+$/, ":$&");
  sheet.say(said, "http", address);
}

/** `[NAME ]KIND:WHERE`; of a file `file:PATH` or `file:logfile=PATH,maxsize=...`. */
function convertLogger(to: string, text: string, said: Said, sheet: Sheet): void {
  const [, kind = "", where = ""] = /^(?:\S+ )?([a-z0-9]+)(?::(.*))?$/.exec(text) ?? [];
  const path = kind === "file" ? (/(?:^|,)logfile=([^,]*)/.exec(where)?.[1] ?? where) : "";
  if (path !== "") {
    putFile(to, path, said, sheet);
  } else if (kind === "stdio") sheet.tell(said, { verdict: "always", text: "logs go to standard output and error" });
  else {
    const instead = "logs go to standard output and error, and from there to journald or another collector";
    sheet.tell(said, { verdict: "attention", text: instead });
  }
}

function convertLog(text: string, said: Said, sheet: Sheet): void {
  const isDaemon = said.option.startsWith("daemonize");
  if (!/^[A-Za-z0-9.-]+:[0-9]+$/.test(text)) {
    putFile(
      "logto",
      text,
      said,
      sheet,
      isDaemon ? "logto; it stays in the foreground, as systemd wants it" : undefined,
    );
  } else sheet.tell(said, { verdict: "attention", text: "logs by UDP are not sent: logto = FILE, or a collector" });
}

/** Several may be one file there, and only one of each may be said here. */
function putFile(to: string, path: string, said: Said, sheet: Sheet, text = to): void {
  const before = sheet.get(to);
  if (before === undefined || before === path) sheet.say(said, to, path, { text });
  else sheet.tell(said, { verdict: "attention", to, text: `${to} is ${textOf(before)} already, and there is one` });
}

/** Fields of uWSGI's, as those of crontab(5): -1 is any, -N every N. */
function cronOf(text: string): string | undefined {
  const [, fields = "", command = ""] = /^\s*((?:-?[0-9]+\s+){5})(.*)$/s.exec(text) ?? [];
  const read = fields.trim().split(/\s+/).map(cronField);
  return read.length === 5 && command.trim() !== "" ? `${read.join(" ")} ${command.trim()}` : undefined;
}

function cronField(field: string): string {
  if (field === "-1") return "*";
  return field.startsWith("-") ? `*/${field.slice(1)}` : field;
}

/** `minute=0,hour=3,unique=1 COMMAND` */
function cron2Of(text: string): string | undefined {
  const [, keys = "", command = ""] = /^\s*(?:((?:[a-z]+=[^\s,]*,?)+)\s+)?(.*)$/s.exec(text) ?? [];
  const said = new Map(keys.split(",").map((pair) => pair.split("=", 2) as [string, string]));
  if (command.trim() === "" || said.has("legion")) return undefined;
  const fields = ["minute", "hour", "day", "month", "week"].map((key) => cronField(said.get(key) ?? "-1"));
  return `${fields.join(" ")} ${command.trim()}`;
}

function putCron(cron: string | undefined, said: Said, sheet: Sheet): void {
  if (cron === undefined) {
    sheet.tell(said, { verdict: "attention", to: "cron", text: "cron = MIN HOUR DAY MONTH WEEKDAY COMMAND" });
  } else sheet.say(said, "cron", cron, { verdict: "renamed", text: `cron = ${cron}; it needs the package croner` });
}

/** `cmd=COMMAND,freq=3,...`; a comma in a value has a backslash. */
function convertDaemon(text: string, said: Said, sheet: Sheet): void {
  const said2 = new Map(
    text.split(/(?<!\\),/).map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1).replaceAll("\\,", ",")] as const;
    }),
  );
  const command = said2.get("cmd") ?? said2.get("command") ?? said2.get("exec") ?? "";
  const more = [...said2.keys()].filter((key) => !["cmd", "command", "exec", "freq"].includes(key));
  const left =
    more.length === 0 ? {} : { verdict: "attention" as const, text: `attach-daemon; left out: ${more.join(", ")}` };
  sheet.say(said, "attach-daemon", command, left);
}
