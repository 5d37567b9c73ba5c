/** What stands before servers: `uisge bridge`, `uisge route`, and the upstreams that both pass requests on to. */
import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { count, flag, list, named, pairs, seconds, section, text } from "./kinds.ts";
import { limits, logs, sockets } from "./service.ts";

/** Options that mean the same to all servers. */
function same(from: TObject, ...names: readonly string[]): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(from.properties).filter(([name]) => names.includes(name)));
}

/** TLS to those behind. */
const upstreamTls = {
  "upstream-ca": text(
    { group: "nodes", value: "FILE", example: "ca.pem", summary: "Who signs certificates of suwsgi:// nodes" },
    "file",
  ),
  "upstream-cert": text(
    { group: "nodes", isMinor: true, value: "FILE", example: "cert.pem", summary: "Our certificate for them" },
    "file",
  ),
  "upstream-key": text(
    { group: "nodes", isMinor: true, value: "FILE", example: "key.pem", summary: "Its key" },
    "file",
  ),
};

const ping = seconds({
  group: "nodes",
  value: "SECONDS",
  example: "5",
  summary: "Ask each node by packet 100 how it is, so often",
});

const connectTimeout = seconds({
  group: "limits",
  value: "SECONDS|off",
  default: "5",
  example: "2",
  mayBeOff: true,
  summary: "For a connection to a node",
});

const subscriptions = {
  "subscription-server": text(
    {
      group: "nodes",
      value: "HOST:PORT",
      example: "127.0.0.1:4000",
      summary: "Nodes announce themselves there, as uWSGI's do",
    },
    "address",
  ),
  "subscription-sign-check": text({
    group: "nodes",
    isMinor: true,
    value: "DIGEST:FOLDER",
    example: "sha256:/tmp/uisge-keys",
    summary: "Whose signatures count",
  }),
};

/** Several servers as one. */
export const upstream: TObject = section({
  to: list(
    text({
      group: "nodes",
      value: "NODE",
      example: "127.0.0.1:3031 weight=3",
      summary: "A uwsgi socket: a path, host:port, suwsgi://...; behind it weight=3 max_fails=2 backup",
    }),
  ),
  balance: text({
    group: "nodes",
    value: "KIND",
    default: "round-robin",
    example: "least-connections",
    summary: "round-robin, least-connections, power-of-two, ip-hash, uri-hash, hash:VAR",
  }),
  ping,
  "slow-start": seconds({
    group: "nodes",
    value: "SECONDS",
    example: "10",
    summary: "A node that is up again gets its share little by little",
  }),
  ...subscriptions,
  "subscription-allow": list(
    text({
      group: "nodes",
      isMinor: true,
      value: "CIDR",
      example: "10.0.0.0/8",
      summary: "From where nodes may announce themselves",
    }),
  ),
  ...upstreamTls,
  "connect-timeout": connectTimeout,
  "response-timeout": seconds({
    group: "limits",
    value: "SECONDS|off",
    default: "60",
    example: "30",
    mayBeOff: true,
    summary: "For the head of an answer",
  }),
});

/** Upstreams by their names. */
export const upstreams: TSchema = named(Type.Union([Type.String(), Type.Array(Type.String()), upstream]), {
  group: "parts",
  value: "NAME=ADDRESS[,...]|NAME={...}",
  isMinor: true,
  example: 'app={"to":["127.0.0.1:3031 weight=2","127.0.0.1:3032"]}',
  table: "upstream",
  summary: "Servers that gateways pass requests on to, by name",
});

/** HTTP in front. */
export const bridge: TObject = section({
  http: list(
    text(
      {
        group: "http",
        value: "ADDRESS",
        example: "127.0.0.1:8080",
        summary: ":8080 (all addresses), host:port, a path, fd://N; https:// before it: by TLS",
      },
      "address",
    ),
  ),
  ...upstream.properties,
  "tls-cert": text(
    { group: "http", value: "FILE", example: "cert.pem", summary: "HTTPS and HTTP/2, with --tls-key" },
    "file",
  ),
  "tls-key": text({ group: "http", value: "FILE", example: "key.pem", summary: "Its key" }, "file"),
  "tls-ca": text(
    {
      group: "http",
      isMinor: true,
      value: "FILE",
      example: "ca.pem",
      summary: "Who signs the certificates of clients",
    },
    "file",
  ),
  "no-http2": flag({ group: "http", isMinor: true, example: "true", summary: "HTTP/1.1 alone" }),
  trust: list(
    text({
      group: "http",
      value: "CIDR",
      example: "10.0.0.0/8",
      summary: "A proxy in front, whose X-Forwarded-* count; unix: one by a unix socket",
    }),
  ),
  forwarded: flag({ group: "http", isMinor: true, example: "true", summary: "Forwarded (RFC 7239) counts instead" }),
  "drop-odd-headers": flag({
    group: "http",
    isMinor: true,
    example: "true",
    summary: "X_Y is left out, as by nginx (default: refused)",
  }),
  upgrade: list(
    text({
      group: "http",
      isMinor: true,
      value: "PROTOCOL",
      default: "websocket",
      example: "websocket",
      summary: "What a connection may become",
    }),
  ),
  "pass-x-accel": flag({
    group: "http",
    isMinor: true,
    example: "true",
    summary: "X-Accel-* of answers goes to clients",
  }),
  var: pairs({ group: "http", value: "NAME=VALUE", example: "SITE=a", summary: "A var of every request" }),
  modifier1: count({ group: "http", value: "N", most: 255, example: "5", summary: "Of packets: 5 Perl, 7 Ruby" }),
  ...same(sockets, "chmod-socket"),
  "spool-folder": text(
    {
      group: "http",
      isMinor: true,
      value: "FOLDER",
      example: "/tmp",
      summary: "Where bodies wait whose length is not said",
    },
    "folder",
  ),
  "max-body-bytes": count({
    group: "limits",
    value: "N",
    default: "1 GiB",
    example: "1048576",
    summary: "Most bytes of a request body",
    needed: "a whole number is needed",
  }),
  ...same(limits, "max-connections"),
  "head-timeout": seconds({
    group: "limits",
    value: "SECONDS",
    default: "10",
    example: "10",
    summary: "For the head of a request to come",
  }),
  ...same(limits, "body-timeout", "write-timeout"),
  "keep-alive": seconds({
    group: "limits",
    value: "SECONDS",
    default: "75",
    example: "75",
    summary: "For the next request of a connection",
  }),
  ...same(limits, "grace"),
  ...same(logs, "access-log", "log"),
});

/** Packets passed on by rules. */
export const route: TObject = section({
  ...same(sockets, "socket"),
  rule: list(
    text({
      group: "rules",
      value: "RULE",
      example: "host=example.com -> 127.0.0.1:3031",
      summary: "CONDITION... -> TARGET CHANGE...; the first that fits a packet counts",
    }),
  ),
  rules: text(
    { group: "rules", value: "FILE", example: "rules.json", summary: "Rules as JSON, behind those of --rule" },
    "file",
  ),
  upstream: upstreams,
  ping,
  ...subscriptions,
  "subscription-allow": text({
    group: "nodes",
    isMinor: true,
    value: "NETWORK[,...]",
    example: "10.0.0.0/8",
    summary: "From where nodes may announce themselves",
  }),
  "subscription-tolerance": seconds({
    group: "nodes",
    isMinor: true,
    value: "SECONDS",
    example: "60",
    summary: "How old a signed announcement may be",
  }),
  "connect-timeout": connectTimeout,
  "idle-timeout": seconds({
    group: "limits",
    value: "SECONDS|off",
    default: "60",
    example: "30",
    mayBeOff: true,
    summary: "Without a byte either way",
  }),
  "plain-close": flag({ group: "rules", isMinor: true, example: "true", summary: "Close instead of 502 to 504" }),
  "strip-accel": flag({ group: "rules", isMinor: true, example: "true", summary: "Take X-Accel-* out of answers" }),
  ...upstreamTls,
  ...same(sockets, "chmod-socket", "chown-socket", "recreate-socket", "transport", "allow", "insecure"),
  ...same(sockets, "tls-cert", "tls-key", "tls-ca"),
  ...same(limits, "max-connections", "header-timeout", "write-timeout", "grace"),
  ...same(logs, "access-log", "log"),
});
