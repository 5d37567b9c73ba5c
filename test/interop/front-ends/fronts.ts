/** The rows of the smoke list: every front end, over all it can speak over. */
import { readFileSync } from "node:fs";
import { type Address, formatAddress } from "../../../src/connection/index.ts";
import { startApache } from "../../helpers/apache.ts";
import type { Certificates } from "../../helpers/certificates.ts";
import type { FrontEndProcess } from "../../helpers/front-end-process.ts";
import { startLighttpd } from "../../helpers/lighttpd.ts";
import { exampleConf, exampleSubstitutions, startNginx } from "../../helpers/nginx.ts";
import { substitute, type Substitutions } from "../../helpers/substitute.ts";
import { startUwsgiRouter } from "../../helpers/uwsgi-router.ts";
import type { FrontEnd, Over } from "./stack.ts";

const both: readonly Over[] = ["a unix socket", "TCP"];

export const nginx: readonly FrontEnd[] = both.map((over) => ({
  name: "nginx",
  over,
  programs: ["nginx"],
  streamsUploads: false,
  start: (to) => startExampleNginx(to),
}));

export const nginxOverTls: FrontEnd = {
  name: "nginx",
  over: "TLS",
  programs: ["nginx", "openssl"],
  streamsUploads: false,
  start: (to, certificates) => startExampleNginx(to, certificates && tlsLines(certificates)),
};

export const nginxUnbuffered: FrontEnd = {
  name: "nginx",
  over: "TCP",
  how: "request buffering off",
  programs: ["nginx"],
  streamsUploads: true,
  start: (to) => startExampleNginx(to, { "uwsgi_request_buffering on;": "uwsgi_request_buffering off;" }),
};

export const apache: readonly FrontEnd[] = both.map((over) => ({
  name: "Apache",
  over,
  programs: ["apache2"],
  streamsUploads: true,
  start: startApache,
}));

export const lighttpd: readonly FrontEnd[] = both.map((over) => ({
  name: "lighttpd",
  over,
  programs: ["lighttpd"],
  streamsUploads: false,
  start: startLighttpd,
}));

export const uwsgiRouter: readonly FrontEnd[] = both.map((over) => ({
  name: "uWSGI's router",
  over,
  programs: ["uwsgi"],
  streamsUploads: true,
  start: startUwsgiRouter,
}));

/** `nginx-example.conf`, with what the cases need more than its defaults allow. */
function startExampleNginx(to: Address, more: Substitutions = {}): Promise<FrontEndProcess> {
  const server = to.kind === "tls" ? formatAddress(to.over) : nginxAddress(to);
  return startNginx({
    conf: exampleConf(),
    substitutions: ({ port }) => ({
      ...exampleSubstitutions({ port, server }),
      // 60 KB of request headers; the file has less, and says why.
      "large_client_header_buffers 4 8k;": "large_client_header_buffers 10 8k;",
      ...more,
    }),
  });
}

function nginxAddress(to: Address): string {
  return to.kind === "unix" ? `unix:${to.path}` : formatAddress(to);
}

/** The lines for TLS that stand in the file as a comment, put where the comment says. */
function tlsLines({ ca, client }: Certificates): Substitutions {
  const lines = [...readFileSync(exampleConf(), "utf8").matchAll(/^ *# {3}((?:uwsgi_pass suwsgi|uwsgi_ssl_).*)$/gm)];
  const block = substitute(lines.map(([, line]) => line).join("\n"), {
    "app.internal": "uisge.test",
    "/etc/ssl/internal-ca.pem": ca.certFile,
    "/etc/ssl/site/nginx.pem": client.certFile,
    "/etc/ssl/site/nginx.key": client.keyFile,
  });
  return {
    "location / {\n      uwsgi_pass uisge;": `location / {\n${block}`,
    // It bounds the handshake too, and 256 at once take their time on a busy machine.
    "uwsgi_connect_timeout 5s;": "uwsgi_connect_timeout 40s;",
  };
}
