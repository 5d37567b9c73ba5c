/** The schema of an application and what serves it. Names and meanings are uWSGI's where it has them. */
import { type TObject, Type } from "@sinclair/typebox";
import { choice, count, flag, list, octal, seconds, text } from "./kinds.ts";

/** Node's timers go no further: 24 days. */
const MOST_SECONDS = 2_147_483;

export const application: TObject = Type.Object({
  application: text({
    group: "application",
    value: "PATH[:EXPORT]",
    example: "app.js:site",
    summary: "A module as node runs it",
    details:
      "It lets a server listen, or exports one, an app, a handler, or a WSGI application. On the command line it stands without an option.",
  }),
  args: list(
    text({
      group: "application",
      isMinor: true,
      value: "ARGUMENT",
      example: "--port=3000",
      summary: "What the application finds in process.argv behind its path",
      details: "On the command line they stand behind `--`, too.",
    }),
  ),
  interface: choice(["wsgi", "node", "fetch", "handler"], {
    group: "application",
    value: "KIND",
    example: "node",
    summary: "What the application is, where guessed wrong",
  }),
  listen: text({
    group: "application",
    value: "ADDRESS",
    example: "3000",
    summary: "Which server is served, by its port, host:port or path",
    details:
      "For an application that lets several listen. Not uWSGI's `listen`, the backlog, which is always 4096 here.",
  }),
  "no-fast-globals": flag({
    group: "application",
    isMinor: true,
    example: "true",
    summary: "Fetch handlers get Node's own Request and Response",
  }),
  chdir: text(
    {
      group: "application",
      isMinor: true,
      isOfUwsgi: true,
      value: "FOLDER",
      example: "/tmp",
      summary: "Go there first: relative paths begin there",
      details: "That of the application, too.",
    },
    "folder",
  ),
});

export const sockets: TObject = Type.Object({
  socket: list(
    text(
      {
        group: "sockets",
        isOfUwsgi: true,
        short: "s",
        aliases: ["uwsgi-socket"],
        value: "ADDRESS",
        example: "/tmp/uisge-example.sock",
        summary: "A path, host:port, [::]:port, @name, fd://N, suwsgi://...",
        details: "`suwsgi://` before a path or host:port is TLS.",
      },
      "address",
    ),
  ),
  http: list(
    text(
      {
        group: "sockets",
        isOfUwsgi: true,
        value: "ADDRESS",
        example: "127.0.0.1:8080",
        summary: "HTTP for development: :8080, host:port, a path",
        details: "A bridge of our own in front, in a process of its own where there are several.",
      },
      "address",
    ),
  ),
  "chmod-socket": octal({
    group: "sockets",
    isOfUwsgi: true,
    value: "MODE",
    default: "660",
    example: "660",
    summary: "Mode of unix sockets",
    least: 3,
    needed: "an octal mode is needed, such as 660",
  }),
  "chown-socket": text({
    group: "sockets",
    isOfUwsgi: true,
    value: "USER[:GROUP]",
    example: "33:33",
    needed: "USER, USER:GROUP or :GROUP is needed",
    summary: "Owner of unix sockets",
  }),
  "recreate-socket": flag({
    group: "sockets",
    example: "true",
    summary: "Bind a path anew when somebody removes it",
  }),
  vacuum: flag({
    group: "sockets",
    isMinor: true,
    isOfUwsgi: true,
    default: "true",
    example: "true",
    summary: "Remove sockets and the pid file at the end, which is always done",
  }),
  allow: list(
    text({
      group: "sockets",
      value: "CIDR",
      example: "10.0.0.0/8",
      summary: "Who may connect over TCP",
    }),
  ),
  insecure: flag({
    group: "sockets",
    example: "true",
    summary: "TCP beyond loopback without --allow or --tls-ca",
  }),
  "tls-cert": text(
    { group: "sockets", value: "FILE", example: "cert.pem", summary: "Certificate for suwsgi://, with --tls-key" },
    "file",
  ),
  "tls-key": text({ group: "sockets", value: "FILE", example: "key.pem", summary: "Its key" }, "file"),
  "tls-ca": text(
    { group: "sockets", value: "FILE", example: "ca.pem", summary: "Who signs the certificates of clients" },
    "file",
  ),
  transport: choice(["auto", "direct", "net"], {
    group: "sockets",
    isMinor: true,
    value: "KIND",
    default: "auto",
    example: "net",
    summary: "How connections are read: net is Node's net.Socket",
  }),
});

export const limits: TObject = Type.Object({
  "max-connections": count({
    group: "limits",
    value: "N",
    example: "1000",
    summary: "Most connections at a time, of each process",
    needed: "a whole number is needed",
  }),
  "max-body-bytes": count({
    group: "limits",
    value: "N",
    aliases: ["limit-post"],
    example: "1048576",
    summary: "Most bytes of a request body",
    needed: "a whole number is needed",
  }),
  grace: seconds({
    group: "limits",
    value: "SECONDS",
    default: "60",
    aliases: ["reload-mercy", "worker-reload-mercy"],
    example: "30",
    summary: "For what runs when a process ends",
  }),
  harakiri: seconds({
    group: "limits",
    isOfUwsgi: true,
    value: "SECONDS",
    example: "30",
    summary: "Most for a request: then 504",
    details: "Its signal is aborted. A worker that is stuck is killed, and another one started.",
  }),
  "header-timeout": seconds({
    group: "limits",
    value: "SECONDS",
    default: "5",
    example: "2.5",
    summary: "For a packet to come",
  }),
  "body-timeout": seconds({
    group: "limits",
    value: "SECONDS",
    default: "30",
    example: "30",
    summary: "Without a byte of the body",
  }),
  "write-timeout": seconds({
    group: "limits",
    value: "SECONDS",
    default: "60",
    example: "60",
    summary: "Without a byte taken by the peer",
  }),
});

export const announce: TObject = Type.Object({
  "subscribe-to": list(
    text({
      group: "announce",
      isOfUwsgi: true,
      value: "HOST:PORT:KEY[,...]",
      example: "127.0.0.1:4000:example.com",
      summary: "Tell a router where this server listens",
    }),
  ),
  subscribe2: list(
    text({
      group: "announce",
      isOfUwsgi: true,
      value: "KEY=VALUE,...",
      example: "server=127.0.0.1:4000,key=example.com",
      summary: "The same, with all that uWSGI's has",
    }),
  ),
  "subscribe-freq": count({
    group: "announce",
    isOfUwsgi: true,
    value: "SECONDS",
    least: 1,
    most: MOST_SECONDS,
    default: "10",
    example: "10",
    summary: "How often",
    needed: "a whole number of seconds is needed, such as 10",
  }),
});

export const logs: TObject = Type.Object({
  "access-log": choice(["combined", "pino", "json", "off"], {
    group: "logs",
    value: "FORMAT",
    default: "combined",
    example: "json",
    summary: "Lines of requests, on stdout",
  }),
  log: choice(["text", "json", "pino"], {
    group: "logs",
    value: "FORMAT",
    default: "text",
    example: "json",
    summary: "Errors and what happens, on stderr",
  }),
  "log-format": text({
    group: "logs",
    isOfUwsgi: true,
    aliases: ["logformat"],
    value: "TEMPLATE",
    example: '%(addr) "%(method) %(uri) %(proto)" %(status) %(size) %(msecs)',
    summary: "Lines of requests as uWSGI's variables say",
    details: "See [Logs](logs.md). It takes the place of access-log.",
  }),
  "capture-output": flag({
    group: "logs",
    makesMaster: true,
    example: "true",
    summary: "What workers print becomes lines of the log",
    details: "Line by line, with worker and pid; without it, they have the master's streams.",
  }),
  "capture-rate": count({
    group: "logs",
    makesMaster: true,
    isMinor: true,
    least: 1,
    value: "N",
    default: "2000",
    example: "500",
    summary: "Most captured lines a second, of each stream",
  }),
  logto: text(
    {
      group: "logs",
      isOfUwsgi: true,
      makesMaster: true,
      value: "FILE",
      example: "/tmp/uisge-example.log",
      summary: "The log in a file",
    },
    "file",
  ),
  "access-logto": text(
    {
      group: "logs",
      makesMaster: true,
      value: "FILE",
      example: "/tmp/uisge-access.log",
      summary: "The lines of requests in a file",
    },
    "file",
  ),
});
