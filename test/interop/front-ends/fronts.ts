/** The rows of the smoke list: every front end, over all it can speak over. */
import { type Address, formatAddress } from "../../../src/connection/index.ts";
import { startApache } from "../../helpers/apache.ts";
import type { FrontEndProcess } from "../../helpers/front-end-process.ts";
import { startLighttpd } from "../../helpers/lighttpd.ts";
import { exampleConf, exampleSubstitutions, startNginx } from "../../helpers/nginx.ts";
import { startUwsgiRouter } from "../../helpers/uwsgi-router.ts";
import type { FrontEnd, Over } from "./stack.ts";

const both: readonly Over[] = ["a unix socket", "TCP"];

export const frontEnds: readonly FrontEnd[] = [
  ...both.map((over): FrontEnd => ({
    name: "nginx",
    over,
    program: "nginx",
    streamsUploads: false,
    start: (to) => startExampleNginx(to),
  })),
  {
    name: "nginx",
    over: "TCP",
    how: "request buffering off",
    program: "nginx",
    streamsUploads: true,
    start: (to) => startExampleNginx(to, { "uwsgi_request_buffering on;": "uwsgi_request_buffering off;" }),
  },
  ...both.map((over): FrontEnd => ({
    name: "Apache",
    over,
    program: "apache2",
    streamsUploads: true,
    start: startApache,
  })),
  ...both.map((over): FrontEnd => ({
    name: "lighttpd",
    over,
    program: "lighttpd",
    streamsUploads: false,
    start: startLighttpd,
  })),
  ...both.map((over): FrontEnd => ({
    name: "uWSGI's router",
    over,
    program: "uwsgi",
    streamsUploads: true,
    start: startUwsgiRouter,
  })),
];

/** `nginx-example.conf`, with what the cases need more than its defaults allow. */
function startExampleNginx(to: Address, more: Readonly<Record<string, string>> = {}): Promise<FrontEndProcess> {
  const address = formatAddress(to);
  return startNginx({
    conf: exampleConf(),
    substitutions: ({ port }) => ({
      ...exampleSubstitutions({ port, server: to.kind === "unix" ? `unix:${address}` : address }),
      // 60 KB of request headers; the file has less, and says why.
      "large_client_header_buffers 4 8k;": "large_client_header_buffers 10 8k;",
      ...more,
    }),
  });
}
