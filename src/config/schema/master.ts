/** The schema of what a master does: workers, users, reloads, what runs beside. Names and meanings are uWSGI's. */
import { type TObject, Type } from "@sinclair/typebox";
import { choice, count, flag, list, name, octal, pairs, seconds, text, workers } from "./kinds.ts";

const MOST_PROCESSES = 1_024;

export const processes: TObject = Type.Object({
  master: flag({
    group: "processes",
    isMinor: true,
    isOfUwsgi: true,
    makesMaster: true,
    example: "true",
    summary: "A master, with one worker where --processes is not given",
    details: "As any option of the master does.",
  }),
  processes: workers({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    short: "p",
    aliases: ["workers"],
    value: "N|auto",
    most: MOST_PROCESSES,
    default: "1",
    example: "2",
    summary: "Workers; auto: as many as processors",
  }),
  cheaper: count({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    value: "N",
    least: 1,
    example: "1",
    summary: "Fewest workers, more as they are busy, up to --processes",
  }),
  "cheaper-initial": count({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    isMinor: true,
    value: "N",
    least: 1,
    default: "that of cheaper",
    example: "1",
    summary: "Workers at the start",
  }),
  "cheaper-step": count({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    isMinor: true,
    value: "N",
    least: 1,
    default: "1",
    example: "1",
    summary: "Workers started at a time",
  }),
  "max-requests": count({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    value: "N",
    least: 1,
    example: "1000",
    summary: "Then a worker is replaced, give or take a tenth",
  }),
  "max-worker-lifetime": seconds({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    value: "SECONDS",
    least: 1,
    example: "3600",
    summary: "The same by its age",
  }),
  "reload-on-rss": count({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    value: "MB",
    least: 1,
    example: "512",
    summary: "The same when it is larger, in MiB",
  }),
  "evil-reload-on-rss": count({
    group: "processes",
    isOfUwsgi: true,
    makesMaster: true,
    value: "MB",
    least: 1,
    example: "1024",
    summary: "Killed when it is larger, in MiB",
  }),
  "no-harakiri-stack": flag({
    group: "processes",
    makesMaster: true,
    isMinor: true,
    example: "true",
    summary: "No thread that says where a worker was stuck; saves 9 MiB",
  }),
  "start-timeout": seconds({
    group: "processes",
    makesMaster: true,
    value: "SECONDS",
    least: 0.001,
    default: "60",
    example: "30",
    summary: "Until a worker has loaded the application",
  }),
  name: text({
    group: "processes",
    makesMaster: true,
    value: "NAME",
    example: "shop",
    summary: "What uisge status calls it",
  }),
  control: text({
    group: "processes",
    makesMaster: true,
    isMinor: true,
    value: "PATH|off",
    example: "off",
    summary: "Control socket, for uisge status and the like",
  }),
  pidfile: text(
    {
      group: "processes",
      isOfUwsgi: true,
      makesMaster: true,
      value: "FILE",
      example: "/tmp/uisge-example.pid",
      summary: "Has the pid of the master",
    },
    "file",
  ),
});

export const users: TObject = Type.Object({
  uid: name({
    group: "users",
    isOfUwsgi: true,
    makesMaster: true,
    value: "USER",
    example: "33",
    summary: "User of the workers",
  }),
  gid: name({
    group: "users",
    isOfUwsgi: true,
    makesMaster: true,
    value: "GROUP",
    example: "33",
    summary: "Group of the workers",
  }),
  "add-gid": list(
    name({
      group: "users",
      isOfUwsgi: true,
      makesMaster: true,
      value: "GROUP",
      example: "33",
      summary: "Supplementary group of the workers",
    }),
  ),
  umask: octal({
    group: "users",
    isOfUwsgi: true,
    makesMaster: true,
    value: "MASK",
    example: "027",
    summary: "Of the workers",
    needed: "an octal mask is needed, such as 027",
  }),
  "allow-root": flag({ group: "users", makesMaster: true, example: "true", summary: "Workers may be root" }),
  import: list(
    text({
      group: "users",
      makesMaster: true,
      isMinor: true,
      value: "MODULE",
      example: "./instrument.js",
      summary: "Imported before the application, as the user of the workers",
    }),
  ),
  "node-option": list(
    text({
      group: "users",
      makesMaster: true,
      isMinor: true,
      value: "OPTION",
      example: "--max-old-space-size=512",
      summary: "An option of node for the workers",
    }),
  ),
  env: pairs({
    group: "users",
    isOfUwsgi: true,
    makesMaster: true,
    value: "NAME=VALUE",
    example: "NODE_ENV=production",
    summary: "In the environment of the workers",
  }),
});

export const reload: TObject = Type.Object({
  "reload-mode": choice(["graceful", "chain", "brutal"], {
    group: "reload",
    makesMaster: true,
    value: "MODE",
    default: "graceful",
    example: "chain",
    summary: "What HUP and touches do",
  }),
  "touch-reload": list(
    text(
      {
        group: "reload",
        isOfUwsgi: true,
        makesMaster: true,
        value: "FILE",
        example: "/tmp/uisge-touch",
        summary: "Reload when FILE is touched",
      },
      "file",
    ),
  ),
  "touch-chain-reload": list(
    text(
      {
        group: "reload",
        isOfUwsgi: true,
        makesMaster: true,
        value: "FILE",
        example: "/tmp/uisge-touch",
        summary: "The same, one worker after the other",
      },
      "file",
    ),
  ),
  watch: list(
    text(
      {
        group: "reload",
        makesMaster: true,
        value: "FOLDER",
        bare: "",
        example: "/tmp",
        summary: "Reload when a file changes, for development; alone: the application's folder",
      },
      "folder",
    ),
  ),
});

export const beside: TObject = Type.Object({
  "attach-daemon": list(
    text({
      group: "beside",
      isOfUwsgi: true,
      makesMaster: true,
      value: "COMMAND",
      example: "node jobs.js",
      summary: "A program beside the workers, as their user",
    }),
  ),
  cron: list(
    text({
      group: "beside",
      makesMaster: true,
      value: '"MIN HOUR DAY MONTH WEEKDAY COMMAND"',
      example: "0 3 * * * node clean.js",
      needed: "MIN HOUR DAY MONTH WEEKDAY COMMAND is needed",
      summary: "A command at times",
      details: "Fields as of crontab(5): `*` and not uWSGI's -1. Needs the package croner.",
    }),
  ),
  timer: list(
    text({
      group: "beside",
      makesMaster: true,
      value: '"SECONDS COMMAND"',
      example: "60 node poll.js",
      needed: "SECONDS COMMAND is needed",
      summary: "A command again and again",
    }),
  ),
});
