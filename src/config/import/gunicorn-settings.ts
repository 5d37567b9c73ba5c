/** What becomes of each setting of gunicorn's. Pure. */
import type { ImportWishes } from "./imported.ts";
import { PROCESSORS, type PythonValue } from "./python-literal.ts";
import { EXPOSED, isExposed, type Outcome, type Said, type Sheet, socketAddress } from "./sheet.ts";

/** Puts a setting down, and tells what became of it. */
export type ConvertSetting = (value: PythonValue, said: Said, sheet: Sheet, wishes: ImportWishes) => void;

export const gunicornSettings: ReadonlyMap<string, ConvertSetting> = new Map<string, ConvertSetting>([
  ...each("bind", convertBind),
  ...each("workers", convertWorkers),
  ...each("worker_class threads asgi_loop", always("each worker answers many requests at a time, by its event loop")),
  ...each("worker_connections", number("max-connections", "max-connections, of each worker")),
  ...each("max_requests", number("max-requests")),
  ...each("max_requests_jitter", always("a tenth more or less, so that not all are replaced at once")),
  ...each(
    "timeout",
    number("harakiri", "harakiri, the most that a request may take; streams that run longer need more"),
  ),
  ...each("graceful_timeout", number("grace")),
  ...each("keepalive", always("connections of uwsgi carry one request each")),
  ...each("backlog", always("4096 connections may wait, as far as net.core.somaxconn lets them")),
  ...each(
    "preload_app",
    always("each worker loads the application itself; a reload is the new version in all of them"),
  ),
  ...each("reload", (value, said, sheet) => {
    if (value === true) sheet.say(said, "watch", ".", { text: "watch = ., for development" });
    else sheet.tell(said, { verdict: "dropped", text: "nothing is watched anyhow" });
  }),
  ...each("reload_extra_files", (value, said, sheet) => putAll("touch-reload", value, said, sheet)),
  ...each("chdir", plain("chdir")),
  ...each("daemon", (value, said, sheet) => {
    sheet.tell(said, {
      verdict: value === true ? "attention" : "always",
      text: "it stays in the foreground: systemd starts it",
    });
  }),
  ...each("raw_env", (value, said, sheet) => putAll("env", value, said, sheet)),
  ...each("pidfile", plain("pidfile")),
  ...each("user", plain("uid")),
  ...each("group", plain("gid")),
  ...each("umask", (value, said, sheet) => {
    const digits =
      typeof value === "number" ? value.toString(8).padStart(3, "0") : typeof value === "string" ? value : "";
    sheet.say(said, "umask", digits, { verdict: "same", text: `umask = ${digits}` });
  }),
  ...each("initgroups", attention("supplementary groups are those of add-gid alone: add-gid = GROUP, once or more")),
  ...each("accesslog", (value, said, sheet) => {
    if (value === null) sheet.say(said, "access-log", "off", { text: "access-log = off" });
    else if (value === "-") sheet.tell(said, { verdict: "always", text: "requests are logged on standard output" });
    else if (typeof value === "string") sheet.say(said, "access-logto", value);
    else wrong(said, sheet, "access-logto");
  }),
  ...each("errorlog", (value, said, sheet) => {
    if (value === "-" || value === null)
      sheet.tell(said, { verdict: "always", text: "the log goes to standard error" });
    else if (typeof value === "string") sheet.say(said, "logto", value);
    else wrong(said, sheet, "logto");
  }),
  ...each("loglevel", always("the log has what an operator has to know")),
  ...each(
    "access_log_format",
    attention("log-format = TEMPLATE has variables of uWSGI's, such as %(addr) and %(status)"),
  ),
  ...each("capture_output", (value, said, sheet) => {
    if (value === true) sheet.say(said, "capture-output", true);
    else sheet.tell(said, { verdict: "dropped", text: "what the application prints is left alone" });
  }),
  ...each("proc_name", plain("name")),
  ...each(
    "logger_class logconfig logconfig_dict logconfig_json syslog syslog_addr syslog_prefix syslog_facility",
    attention(
      "logs go to standard output and error, and from there to journald or another collector; log = json has fields",
    ),
  ),
  ...each(
    "disable_redirect_access_to_syslog enable_stdio_inheritance",
    dropped("logs go to standard output and error"),
  ),
  ...each(
    "statsd_host statsd_prefix dogstatsd_tags enable_backlog_metric",
    attention("uisge status --json has the numbers, for whatever collects them"),
  ),
  ...each("wsgi_app paste raw_paste_global_conf", (_value, said, sheet, { application }) => {
    const text =
      application === undefined
        ? "it names an application of Python's; application = app.js names ours"
        : `${application} is in its place`;
    sheet.tell(said, { verdict: application === undefined ? "attention" : "dropped", to: "application", text });
  }),
  ...each("pythonpath", dropped("it is about Python; node finds packages in node_modules")),
  ...each(
    "forwarded_allow_ips secure_scheme_headers proxy_allow_ips forwarder_headers",
    always("nginx says who asks and whether by https in REMOTE_ADDR and HTTPS, which no client can send"),
  ),
  ...each("uwsgi_allow_ips", (value, said, sheet) => {
    const list = typeof value === "string" ? value.split(",").map((one) => one.trim()) : [];
    const others = list.filter((one) => one !== "127.0.0.1" && one !== "::1" && one !== "");
    if (others.includes("*"))
      return sheet.tell(said, { verdict: "attention", to: "allow", text: "allow = CIDR, for those that are meant" });
    if (others.length === 0) return sheet.tell(said, { verdict: "always", text: "who is on this machine may connect" });
    putAll("allow", others, said, sheet);
  }),
  ...each("protocol", (value, said, sheet) => {
    const text = "sockets are uwsgi: nginx has uwsgi_pass and include uwsgi_params";
    sheet.tell(said, { verdict: value === "uwsgi" ? "always" : "attention", text });
  }),
  ...each(
    "certfile keyfile ca_certs cert_reqs ssl_version ciphers ssl_context suppress_ragged_eofs do_handshake_on_connect",
    attention("HTTPS ends in nginx, or in uisge bridge with --tls-cert and --tls-key"),
  ),
  ...each(
    "http_protocols http2_cleartext http2_max_concurrent_streams http2_initial_window_size http2_max_frame_size http2_max_header_list_size",
    dropped("HTTP/2 ends in nginx, or in uisge bridge"),
  ),
  ...each(
    `limit_request_line limit_request_fields limit_request_field_size permit_obsolete_folding strip_header_spaces
     permit_unconventional_http_method permit_unconventional_http_version casefold_http_method header_map http_parser
     proxy_protocol`,
    dropped("nginx reads HTTP: large_client_header_buffers and the like are said there"),
  ),
  ...each("root_path", attention("nginx says it: uwsgi_param SCRIPT_NAME")),
  ...each("sendfile reuse_port worker_tmp_dir tmp_upload_dir", dropped("it belongs to how gunicorn works inside")),
  ...each("config spew check_config print_config default_proc_name", dropped("it is about a run of gunicorn")),
  ...each("asgi_lifespan asgi_disconnect_grace_period", dropped("it is about Python")),
  ...each(
    "dirty_apps dirty_workers dirty_timeout dirty_threads dirty_graceful_timeout",
    attention("attach-daemon = COMMAND runs a program beside the workers"),
  ),
  ...each(
    "control_socket control_socket_mode control_socket_disable",
    dropped("uisge has a control socket of its own: control = PATH"),
  ),
  ...each(
    `on_starting on_reload when_ready pre_fork post_fork post_worker_init worker_int worker_abort pre_exec pre_request
     post_request child_exit worker_exit nworkers_changed on_exit on_dirty_starting dirty_post_fork dirty_worker_init
     dirty_worker_exit`,
    attention("a hook, which is Python: the application's hooks start, ready, drain and stop are called here"),
  ),
]);

function each(names: string, convert: ConvertSetting): [name: string, convert: ConvertSetting][] {
  return names.split(/\s+/).map((name) => [name, convert]);
}

function tellAs(verdict: Outcome["verdict"], why: string): ConvertSetting {
  return (_value, said, sheet) => sheet.tell(said, { verdict, text: why });
}

function always(why: string): ConvertSetting {
  return tellAs("always", why);
}

function attention(why: string): ConvertSetting {
  return tellAs("attention", why);
}

function dropped(why: string): ConvertSetting {
  return tellAs("dropped", why);
}

function wrong(said: Said, sheet: Sheet, to: string): void {
  sheet.tell(said, { verdict: "attention", to, text: `${to}: text is needed` });
}

/** None, where it is the default, is left out. */
function plain(to: string): ConvertSetting {
  return (value, said, sheet) => {
    if (value === null) sheet.tell(said, { verdict: "dropped", text: "none is the default" });
    else if (typeof value === "string" || typeof value === "number") sheet.say(said, to, String(value));
    else wrong(said, sheet, to);
  };
}

/** 0 is none there. */
function number(to: string, why = to): ConvertSetting {
  return (value, said, sheet) => {
    if (value === 0 || value === null)
      sheet.tell(said, { verdict: "dropped", text: `0 is none: without ${to} it is so` });
    else if (typeof value === "number") sheet.say(said, to, value, { text: why });
    else sheet.tell(said, { verdict: "attention", to, text: `${to}: a number is needed` });
  };
}

function putAll(to: string, value: PythonValue, said: Said, sheet: Sheet): void {
  const list: readonly PythonValue[] = Array.isArray(value) ? value : [value];
  const needed = list
    .map((one) => (typeof one === "string" ? sheet.put(to, one) : "text is needed"))
    .find((one) => one !== undefined);
  if (needed !== undefined) sheet.tell(said, { verdict: "attention", to, text: `${to}: ${needed}` });
  else if (list.length === 0) sheet.tell(said, { verdict: "dropped", text: "there is none" });
  else sheet.tell(said, { verdict: "renamed", to, text: to });
}

function convertWorkers(value: PythonValue, said: Said, sheet: Sheet): void {
  if (value === PROCESSORS) {
    sheet.say(said, "processes", "auto", {
      text: "processes = auto: one for each processor is enough where each answers many requests",
    });
  } else if (typeof value === "number") sheet.say(said, "processes", value);
  else sheet.tell(said, { verdict: "attention", to: "processes", text: "processes: a number, or auto, is needed" });
}

function convertBind(value: PythonValue, said: Said, sheet: Sheet): void {
  const list: readonly PythonValue[] = Array.isArray(value) ? value : [value];
  let isOpen = false;
  for (const one of list) {
    if (typeof one !== "string") return wrong(said, sheet, "socket");
    const address = one.startsWith("fd://")
      ? one
      : socketAddress(one.replace(/^unix:/, "").replace(/^[^/:]+$/, "$&:8000"));
    isOpen ||= isExposed(address);
    const needed = sheet.put("socket", address);
    if (needed !== undefined)
      return sheet.tell(said, { verdict: "attention", to: "socket", text: `socket: ${needed}` });
  }
  const text =
    "socket, which is uwsgi and not HTTP: nginx has uwsgi_pass and include uwsgi_params in place of proxy_pass";
  sheet.tell(said, { verdict: "attention", to: "socket", text: isOpen ? `${text}; ${EXPOSED}` : text });
}
