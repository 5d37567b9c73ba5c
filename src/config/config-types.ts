/** Made by `npm run docs` from the schema (`schema/schema.ts`): do not edit. What configurations are read as. */
import type { Named } from "./read-value.ts";

/** What the options of `serve` are read as. */
export interface ServeConfig {
  /** A module as node runs it. */
  readonly "application"?: string;
  /** What the application finds in process.argv behind its path. */
  readonly "args"?: readonly string[];
  /** What the application is, where guessed wrong. */
  readonly "interface"?: "wsgi" | "node" | "fetch" | "handler";
  /** Which server is served, by its port, host:port or path. */
  readonly "listen"?: string;
  /** Fetch handlers get Node's own Request and Response. */
  readonly "no-fast-globals"?: boolean;
  /** Go there first: relative paths begin there. */
  readonly "chdir"?: string;
  /** A path, host:port, [::]:port, @name, fd://N, suwsgi://.... */
  readonly "socket"?: readonly string[];
  /** HTTP for development: :8080, host:port, a path. */
  readonly "http"?: readonly string[];
  /** Mode of unix sockets. */
  readonly "chmod-socket"?: string;
  /** Owner of unix sockets. */
  readonly "chown-socket"?: string;
  /** Bind a path anew when somebody removes it. */
  readonly "recreate-socket"?: boolean;
  /** Remove sockets and the pid file at the end, which is always done. */
  readonly "vacuum"?: boolean;
  /** Who may connect over TCP. */
  readonly "allow"?: readonly string[];
  /** TCP beyond loopback without --allow or --tls-ca. */
  readonly "insecure"?: boolean;
  /** Certificate for suwsgi://, with --tls-key. */
  readonly "tls-cert"?: string;
  /** Its key. */
  readonly "tls-key"?: string;
  /** Who signs the certificates of clients. */
  readonly "tls-ca"?: string;
  /** How connections are read: net is Node's net.Socket. */
  readonly "transport"?: "auto" | "direct" | "net";
  /** Most connections at a time, of each process. */
  readonly "max-connections"?: number;
  /** Most bytes of a request body. */
  readonly "max-body-bytes"?: number;
  /** For what runs when a process ends. */
  readonly "grace"?: number;
  /** Most for a request: then 504. */
  readonly "harakiri"?: number;
  /** For a packet to come. */
  readonly "header-timeout"?: number;
  /** Without a byte of the body. */
  readonly "body-timeout"?: number;
  /** Without a byte taken by the peer. */
  readonly "write-timeout"?: number;
  /** A master, with one worker where --processes is not given. */
  readonly "master"?: boolean;
  /** Workers; auto: as many as processors. */
  readonly "processes"?: number | "auto";
  /** Fewest workers, more as they are busy, up to --processes. */
  readonly "cheaper"?: number;
  /** Workers at the start. */
  readonly "cheaper-initial"?: number;
  /** Workers started at a time. */
  readonly "cheaper-step"?: number;
  /** Then a worker is replaced, give or take a tenth. */
  readonly "max-requests"?: number;
  /** The same by its age. */
  readonly "max-worker-lifetime"?: number;
  /** The same when it is larger, in MiB. */
  readonly "reload-on-rss"?: number;
  /** Killed when it is larger, in MiB. */
  readonly "evil-reload-on-rss"?: number;
  /** No thread that says where a worker was stuck; saves 9 MiB. */
  readonly "no-harakiri-stack"?: boolean;
  /** Until a worker has loaded the application. */
  readonly "start-timeout"?: number;
  /** What uisge status calls it. */
  readonly "name"?: string;
  /** Control socket, for uisge status and the like. */
  readonly "control"?: string;
  /** Has the pid of the master. */
  readonly "pidfile"?: string;
  /** User of the workers. */
  readonly "uid"?: string;
  /** Group of the workers. */
  readonly "gid"?: string;
  /** Supplementary group of the workers. */
  readonly "add-gid"?: readonly string[];
  /** Of the workers. */
  readonly "umask"?: string;
  /** Workers may be root. */
  readonly "allow-root"?: boolean;
  /** Imported before the application, as the user of the workers. */
  readonly "import"?: readonly string[];
  /** An option of node for the workers. */
  readonly "node-option"?: readonly string[];
  /** In the environment of the workers. */
  readonly "env"?: Readonly<Record<string, string>>;
  /** What HUP and touches do. */
  readonly "reload-mode"?: "graceful" | "chain" | "brutal";
  /** Reload when FILE is touched. */
  readonly "touch-reload"?: readonly string[];
  /** The same, one worker after the other. */
  readonly "touch-chain-reload"?: readonly string[];
  /** Reload when a file changes, for development; alone: the application's folder. */
  readonly "watch"?: readonly string[];
  /** A program beside the workers, as their user. */
  readonly "attach-daemon"?: readonly string[];
  /** A command at times. */
  readonly "cron"?: readonly string[];
  /** A command again and again. */
  readonly "timer"?: readonly string[];
  /** Tell a router where this server listens. */
  readonly "subscribe-to"?: readonly string[];
  /** The same, with all that uWSGI's has. */
  readonly "subscribe2"?: readonly string[];
  /** How often. */
  readonly "subscribe-freq"?: number;
  /** Lines of requests, on stdout. */
  readonly "access-log"?: "combined" | "pino" | "json" | "off";
  /** Errors and what happens, on stderr. */
  readonly "log"?: "text" | "json" | "pino";
  /** Lines of requests as uWSGI's variables say. */
  readonly "log-format"?: string;
  /** What workers print becomes lines of the log. */
  readonly "capture-output"?: boolean;
  /** Most captured lines a second, of each stream. */
  readonly "capture-rate"?: number;
  /** The log in a file. */
  readonly "logto"?: string;
  /** The lines of requests in a file. */
  readonly "access-logto"?: string;
  /** What stands around the application, the first outermost. */
  readonly "middleware"?: readonly Named[];
  /** Servers that gateways pass requests on to, by name. */
  readonly "upstream"?: readonly Named[];
  /** A bridge or router that runs beside the workers. */
  readonly "gateway"?: readonly Named[];
}

/** What the options of `bridge` are read as. */
export interface BridgeConfig {
  /** :8080 (all addresses), host:port, a path, fd://N; https:// before it: by TLS. */
  readonly "http"?: readonly string[];
  /** A uwsgi socket: a path, host:port, suwsgi://...; behind it weight=3 max_fails=2 backup. */
  readonly "to"?: readonly string[];
  /** round-robin, least-connections, power-of-two, ip-hash, uri-hash, hash:VAR. */
  readonly "balance"?: string;
  /** Ask each node by packet 100 how it is, so often. */
  readonly "ping"?: number;
  /** A node that is up again gets its share little by little. */
  readonly "slow-start"?: number;
  /** Nodes announce themselves there, as uWSGI's do. */
  readonly "subscription-server"?: string;
  /** Whose signatures count. */
  readonly "subscription-sign-check"?: string;
  /** From where nodes may announce themselves. */
  readonly "subscription-allow"?: readonly string[];
  /** Who signs certificates of suwsgi:// nodes. */
  readonly "upstream-ca"?: string;
  /** Our certificate for them. */
  readonly "upstream-cert"?: string;
  /** Its key. */
  readonly "upstream-key"?: string;
  /** For a connection to a node. */
  readonly "connect-timeout"?: number;
  /** For the head of an answer. */
  readonly "response-timeout"?: number;
  /** HTTPS and HTTP/2, with --tls-key. */
  readonly "tls-cert"?: string;
  /** Its key. */
  readonly "tls-key"?: string;
  /** Who signs the certificates of clients. */
  readonly "tls-ca"?: string;
  /** HTTP/1.1 alone. */
  readonly "no-http2"?: boolean;
  /** A proxy in front, whose X-Forwarded-* count; unix: one by a unix socket. */
  readonly "trust"?: readonly string[];
  /** Forwarded (RFC 7239) counts instead. */
  readonly "forwarded"?: boolean;
  /** X_Y is left out, as by nginx (default: refused). */
  readonly "drop-odd-headers"?: boolean;
  /** What a connection may become. */
  readonly "upgrade"?: readonly string[];
  /** X-Accel-* of answers goes to clients. */
  readonly "pass-x-accel"?: boolean;
  /** A var of every request. */
  readonly "var"?: Readonly<Record<string, string>>;
  /** Of packets: 5 Perl, 7 Ruby. */
  readonly "modifier1"?: number;
  /** Mode of unix sockets. */
  readonly "chmod-socket"?: string;
  /** Where bodies wait whose length is not said. */
  readonly "spool-folder"?: string;
  /** Most bytes of a request body. */
  readonly "max-body-bytes"?: number;
  /** Most connections at a time, of each process. */
  readonly "max-connections"?: number;
  /** For the head of a request to come. */
  readonly "head-timeout"?: number;
  /** Without a byte of the body. */
  readonly "body-timeout"?: number;
  /** Without a byte taken by the peer. */
  readonly "write-timeout"?: number;
  /** For the next request of a connection. */
  readonly "keep-alive"?: number;
  /** For what runs when a process ends. */
  readonly "grace"?: number;
  /** Lines of requests, on stdout. */
  readonly "access-log"?: "combined" | "pino" | "json" | "off";
  /** Errors and what happens, on stderr. */
  readonly "log"?: "text" | "json" | "pino";
}

/** What the options of `route` are read as. */
export interface RouteConfig {
  /** A path, host:port, [::]:port, @name, fd://N, suwsgi://.... */
  readonly "socket"?: readonly string[];
  /** CONDITION... -> TARGET CHANGE...; the first that fits a packet counts. */
  readonly "rule"?: readonly string[];
  /** Rules as JSON, behind those of --rule. */
  readonly "rules"?: string;
  /** Servers that gateways pass requests on to, by name. */
  readonly "upstream"?: readonly Named[];
  /** Ask each node by packet 100 how it is, so often. */
  readonly "ping"?: number;
  /** Nodes announce themselves there, as uWSGI's do. */
  readonly "subscription-server"?: string;
  /** Whose signatures count. */
  readonly "subscription-sign-check"?: string;
  /** From where nodes may announce themselves. */
  readonly "subscription-allow"?: string;
  /** How old a signed announcement may be. */
  readonly "subscription-tolerance"?: number;
  /** For a connection to a node. */
  readonly "connect-timeout"?: number;
  /** Without a byte either way. */
  readonly "idle-timeout"?: number;
  /** Close instead of 502 to 504. */
  readonly "plain-close"?: boolean;
  /** Take X-Accel-* out of answers. */
  readonly "strip-accel"?: boolean;
  /** Who signs certificates of suwsgi:// nodes. */
  readonly "upstream-ca"?: string;
  /** Our certificate for them. */
  readonly "upstream-cert"?: string;
  /** Its key. */
  readonly "upstream-key"?: string;
  /** Mode of unix sockets. */
  readonly "chmod-socket"?: string;
  /** Owner of unix sockets. */
  readonly "chown-socket"?: string;
  /** Bind a path anew when somebody removes it. */
  readonly "recreate-socket"?: boolean;
  /** Who may connect over TCP. */
  readonly "allow"?: readonly string[];
  /** TCP beyond loopback without --allow or --tls-ca. */
  readonly "insecure"?: boolean;
  /** How connections are read: net is Node's net.Socket. */
  readonly "transport"?: "auto" | "direct" | "net";
  /** Certificate for suwsgi://, with --tls-key. */
  readonly "tls-cert"?: string;
  /** Its key. */
  readonly "tls-key"?: string;
  /** Who signs the certificates of clients. */
  readonly "tls-ca"?: string;
  /** Most connections at a time, of each process. */
  readonly "max-connections"?: number;
  /** For what runs when a process ends. */
  readonly "grace"?: number;
  /** For a packet to come. */
  readonly "header-timeout"?: number;
  /** Without a byte taken by the peer. */
  readonly "write-timeout"?: number;
  /** Lines of requests, on stdout. */
  readonly "access-log"?: "combined" | "pino" | "json" | "off";
  /** Errors and what happens, on stderr. */
  readonly "log"?: "text" | "json" | "pino";
}

/** What the options of `upstream` are read as. */
export interface UpstreamConfig {
  /** A uwsgi socket: a path, host:port, suwsgi://...; behind it weight=3 max_fails=2 backup. */
  readonly "to"?: readonly string[];
  /** round-robin, least-connections, power-of-two, ip-hash, uri-hash, hash:VAR. */
  readonly "balance"?: string;
  /** Ask each node by packet 100 how it is, so often. */
  readonly "ping"?: number;
  /** A node that is up again gets its share little by little. */
  readonly "slow-start"?: number;
  /** Nodes announce themselves there, as uWSGI's do. */
  readonly "subscription-server"?: string;
  /** Whose signatures count. */
  readonly "subscription-sign-check"?: string;
  /** From where nodes may announce themselves. */
  readonly "subscription-allow"?: readonly string[];
  /** Who signs certificates of suwsgi:// nodes. */
  readonly "upstream-ca"?: string;
  /** Our certificate for them. */
  readonly "upstream-cert"?: string;
  /** Its key. */
  readonly "upstream-key"?: string;
  /** For a connection to a node. */
  readonly "connect-timeout"?: number;
  /** For the head of an answer. */
  readonly "response-timeout"?: number;
}
