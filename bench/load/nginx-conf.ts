/** Writes the nginx configuration of the side-by-side: one server, with a port of its own, for each contestant. */
import type { Protocol } from "../backends/index.ts";

export interface FrontEnd {
  /** Port of 127.0.0.1 that nginx listens on for this contestant. */
  readonly port: number;
  readonly protocol: Protocol;
  /** Where the contestant listens: a socket path, or `host:port`. */
  readonly socket: string;
}

export interface NginxLimits {
  /** Most connections at a time that the load makes. */
  readonly connections: number;
  /** Requests of more and more vars, under `/vars-N/`. */
  readonly varCounts: readonly number[];
}

/**
 * What nginx's own `uwsgi_params` holds, HTTPS aside, which is not sent without TLS. The first nine are
 * those that no application can do without.
 */
const params: readonly (readonly [name: string, value: string])[] = [
  ["QUERY_STRING", "$query_string"],
  ["REQUEST_METHOD", "$request_method"],
  ["CONTENT_TYPE", "$content_type"],
  ["CONTENT_LENGTH", "$content_length"],
  ["REQUEST_URI", "$request_uri"],
  ["PATH_INFO", "$document_uri"],
  ["SERVER_PROTOCOL", "$server_protocol"],
  ["SERVER_PORT", "$server_port"],
  ["SERVER_NAME", "$server_name"],
  ["DOCUMENT_ROOT", "$document_root"],
  ["REQUEST_SCHEME", "$scheme"],
  ["REMOTE_ADDR", "$remote_addr"],
  ["REMOTE_PORT", "$remote_port"],
];

/** What a proxy tells an HTTP server in place of those. */
const proxyHeaders: readonly (readonly [name: string, value: string])[] = [
  ["Host", "$http_host"],
  ["X-Forwarded-For", "$remote_addr"],
  ["X-Forwarded-Proto", "$scheme"],
];

/** HTTP_HOST, which nginx adds by itself. */
const HOST_VARS = 1;

/** How many of `count` vars begin with `HTTP_`, for a client that sends nothing but `Host`. */
export function headerVarsOf(count: number): number {
  return count - Math.min(count - HOST_VARS, params.length);
}

/** The whole configuration, for a prefix of its own. */
export function nginxConf(frontEnds: readonly FrontEnd[], limits: NginxLimits): string {
  const servers = frontEnds.map((frontEnd, i) => server(`backend_${i}`, frontEnd, limits));
  return `# Each connection of the load takes two: to the client and to the backend.
worker_rlimit_nofile ${8 * limits.connections};
events { worker_connections ${4 * limits.connections}; }
error_log error.log warn;
pid nginx.pid;
http {
  access_log off;
  client_body_temp_path client_body_temp;
  proxy_temp_path proxy_temp;
  fastcgi_temp_path fastcgi_temp;
  uwsgi_temp_path uwsgi_temp;
  scgi_temp_path scgi_temp;
  keepalive_requests 1000000000;
  client_max_body_size 64m;
  proxy_headers_hash_max_size 16384;
  proxy_headers_hash_bucket_size 128;
${servers.join("")}}
`;
}

function server(name: string, { port, protocol, socket }: FrontEnd, { connections, varCounts }: NginxLimits): string {
  const family = familyOf(protocol);
  const isKept = protocol === "http-keep-alive";
  const pass = `${family}_pass ${family === "proxy" ? "http://" : ""}${name};`;
  const upstream = block(1, `upstream ${name}`, [
    `server ${socket.startsWith("/") ? `unix:${socket}` : socket};`,
    ...(isKept ? [`keepalive ${connections};`] : []),
  ]);
  const lines = [
    `listen 127.0.0.1:${port} backlog=${4 * connections};`,
    "server_name example.test;",
    ...(isKept ? ["proxy_http_version 1.1;"] : []),
    // Bodies go straight through: not the disk is measured.
    `${family}_max_temp_file_size 0;`,
    `${family}_buffer_size 16k;`,
    `${family}_buffers 8 16k;`,
    `${family}_busy_buffers_size 32k;`,
    ...directives(protocol, plainVars(protocol)),
  ];
  const locations = [
    block(2, "location /", [pass]),
    block(2, "location /upload-10m", [`${family}_request_buffering off;`, pass]),
    ...varCounts.map((count) =>
      block(2, `location /vars-${count}/`, [
        `rewrite ^/vars-${count}(/.*)$ $1 break;`,
        ...directives(protocol, varsOf(protocol, count)),
        pass,
      ]),
    ),
  ];
  return upstream + block(1, "server", lines, locations);
}

type Pairs = readonly (readonly [name: string, value: string])[];
type Family = "uwsgi" | "proxy" | "fastcgi";

function familyOf(protocol: Protocol): Family {
  if (protocol === "uwsgi" || protocol === "fastcgi") return protocol;
  return "proxy";
}

/** What is sent besides the client's headers. */
function plainVars(protocol: Protocol): Pairs {
  if (protocol === "http") return proxyHeaders;
  // nginx's default is "close", which would end each connection.
  if (protocol === "http-keep-alive") return [["Connection", ""], ...proxyHeaders];
  return params;
}

/**
 * So many vars, the client's `Host` included; of HTTP as many headers more than usual as uwsgi has vars
 * more than usual.
 */
function varsOf(protocol: Protocol, count: number): Pairs {
  const usual = plainVars(protocol);
  const added = Array.from({ length: Math.max(0, count - params.length - HOST_VARS) }, (_, i): [string, string] => {
    const number = String(i).padStart(4, "0");
    const name = familyOf(protocol) === "proxy" ? `X-Header-${number}` : `HTTP_X_HEADER_${number}`;
    return [name, `value of header ${number}`];
  });
  const kept = familyOf(protocol) === "proxy" ? usual : usual.slice(0, count - HOST_VARS);
  return [...kept, ...added];
}

function directives(protocol: Protocol, pairs: Pairs): string[] {
  const family = familyOf(protocol);
  const word = family === "proxy" ? "proxy_set_header" : `${family}_param`;
  return pairs.map(([name, value]) => `${word} ${name} ${value.startsWith("$") ? value : `"${value}"`};`);
}

/** A block of directives, `depth` levels deep; `inner` are blocks already. */
function block(depth: number, head: string, lines: readonly string[], inner: readonly string[] = []): string {
  const indent = "  ".repeat(depth);
  const body = lines.map((line) => `${indent}  ${line}\n`).join("");
  return `${indent}${head} {\n${body}${inner.join("")}${indent}}\n`;
}
