/** Options of uWSGI's for what is always so here. Pure. */
import type { UwsgiGroup } from "./group.ts";

export const always: readonly UwsgiGroup[] = [
  { verdict: "always", text: "4096 connections may wait, as far as net.core.somaxconn lets them", names: "listen" },
  { verdict: "always", text: "TERM always ends it", names: "die-on-term" },
  { verdict: "always", text: "each worker loads the application itself", names: "lazy lazy-apps" },
  { verdict: "always", text: "without an application it does not start", names: "need-app" },
  {
    verdict: "always",
    text: "each worker answers many requests at a time, by its event loop",
    names: "threads enable-threads no-threads-wait async ugreen fiber coroae asyncio",
  },
  {
    verdict: "always",
    text: "the system wakes one process for a connection",
    names: "thunder-lock thunder-lock-watchdog",
  },
  {
    verdict: "always",
    text: "descriptors are closed in what is started",
    names: "close-on-exec close-on-exec2",
  },
  { verdict: "always", text: "workers end with their master", names: "no-orphans" },
  {
    verdict: "always",
    text: "a client that has gone is no error; the signal of its request is aborted",
    names:
      "ignore-sigpipe ignore-write-errors write-errors-tolerance write-errors-exception-only disable-write-exception",
  },
  { verdict: "always", text: "packets may have 64 KiB, the most that the protocol knows", names: "buffer-size" },
  { verdict: "always", text: "1000 vars are taken", names: "max-vars" },
  {
    verdict: "always",
    text: "bodies are streamed, and held back while the application does not read",
    names: "post-buffering post-buffering-bufsize body-read-warning",
  },
  {
    verdict: "always",
    text: "a tenth more or less, so that not all are replaced at once",
    names: "max-requests-delta max-worker-lifetime-delta",
  },
  {
    verdict: "always",
    text: "more workers are started when event loops are busy or connections queue",
    names: `cheaper-algo cheaper-overload cheaper-idle cheaper-busyness-max cheaper-busyness-min cheaper-busyness-multiplier
      cheaper-busyness-penalty cheaper-busyness-verbose cheaper-busyness-backlog-alert cheaper-busyness-backlog-multiplier
      cheaper-busyness-backlog-step cheaper-busyness-backlog-nonzero`,
  },
  {
    verdict: "always",
    text: "the log says what ran, and where a worker was stuck",
    names: "harakiri-verbose backtrace-depth py-tracebacker",
  },
  {
    verdict: "always",
    text: "the signal of the request is aborted first, and its worker serves on where it can",
    names: "harakiri-graceful-timeout harakiri-graceful-signal harakiri-queue-threshold",
  },
  {
    verdict: "always",
    text: "what fails is answered with 500 and logged, and no client is told more",
    names:
      "catch-exceptions reload-on-exception reload-on-exception-type reload-on-exception-value reload-on-exception-repr exception-handler perl-no-die-catch use-abort",
  },
  {
    verdict: "always",
    text: "workers that crash are started again at once, from the sixth time in a row on after 1 to 30 seconds",
    names: "forkbomb-delay die-on-no-workers",
  },
  {
    verdict: "always",
    text: "lines of several workers do not mix",
    names: "log-master log-master-bufsize log-master-stream log-master-req-stream threaded-logger",
  },
  { verdict: "always", text: "lines begin with their time", names: "logdate log-date log-micros" },
  { verdict: "always", text: "unknown options are errors", names: "strict" },
  {
    verdict: "always",
    text: "REMOTE_ADDR is whom the front end names: nginx's realip, or trust of a bridge",
    names: "log-x-forwarded-for",
  },
  {
    verdict: "always",
    text: "SCRIPT_NAME and PATH_INFO are taken as the front end sends them",
    names: "manage-script-name ignore-script-name",
  },
  { verdict: "always", text: "supplementary groups are those of add-gid alone", names: "no-initgroups" },
  { verdict: "always", text: "the master is who starts it; workers are uid and gid", names: "master-as-root" },
  {
    verdict: "always",
    text: "it is announced while workers are ready, and leaves at the end of the service",
    names: "unsubscribe-on-graceful-reload start-unsubscribed",
  },
  { verdict: "always", text: "processes are watched each second", names: "check-interval mem-collector-freq" },
];
