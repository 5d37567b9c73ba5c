/** Options of uWSGI's that ours do under another name, or in another form. Pure. */
import type { UwsgiGroup } from "./group.ts";

export const renamed: readonly UwsgiGroup[] = [
  {
    verdict: "renamed",
    to: "socket",
    text: "socket = suwsgi://ADDRESS with tls-cert and tls-key",
    names: "suwsgi-socket ssl-socket",
  },
  {
    verdict: "renamed",
    to: "http",
    text: "http, a bridge in front of the workers",
    names: "http-socket http11-socket httprouter",
  },
  { verdict: "renamed", to: "chmod-socket", text: "chmod-socket", names: "chmod" },
  { verdict: "renamed", to: "access-log", text: "access-log = off", names: "disable-logging" },
  {
    verdict: "renamed",
    to: "logto",
    text: "logto; it stays in the foreground, as systemd wants it",
    names: "daemonize daemonize2",
  },
  { verdict: "renamed", to: "logto", text: "logto, for a file", names: "logto2 logger" },
  { verdict: "renamed", to: "access-logto", text: "access-logto, for a file", names: "req-logger logger-req" },
  { verdict: "renamed", to: "pidfile", text: "pidfile", names: "pidfile2 safe-pidfile safe-pidfile2" },
  { verdict: "renamed", to: "uid", text: "uid", names: "immediate-uid" },
  { verdict: "renamed", to: "gid", text: "gid", names: "immediate-gid" },
  { verdict: "renamed", to: "env", text: "env", names: "ienv" },
  { verdict: "renamed", to: "subscribe-to", text: "subscribe-to", names: "st subscribe" },
  { verdict: "renamed", to: "touch-reload", text: "touch-reload", names: "touch-workers-reload fs-reload" },
  {
    verdict: "renamed",
    to: "watch",
    text: "watch, for development",
    names: "py-auto-reload py-autoreload python-auto-reload python-autoreload perl-auto-reload",
  },
  {
    verdict: "renamed",
    to: "body-timeout",
    text: "body-timeout and write-timeout",
    names: "socket-timeout",
  },
  {
    verdict: "renamed",
    to: "write-timeout",
    text: "write-timeout",
    names: "so-send-timeout socket-send-timeout so-write-timeout socket-write-timeout",
  },
  {
    verdict: "renamed",
    to: "cron",
    text: "cron, with fields as of crontab(5): * and not -1; a job that still runs is left out that time",
    names: "cron cron2 unique-cron",
  },
  { verdict: "renamed", to: "attach-daemon", text: "attach-daemon, with the command alone", names: "attach-daemon2" },
];
