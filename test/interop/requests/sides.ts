/** Who answers the request list: real uWSGI with Flask and Django, and our server, each plain and with TLS. */
import { join } from "node:path";
import { wsgi } from "../../../src/app/index.ts";
import type { DialTls } from "../../../src/connection/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { httpPlugin, Server } from "../../../src/server/index.ts";
import type { Certificates } from "../../helpers/certificates.ts";
import { type ConditionalTest, needs, needsUwsgiPython } from "../../helpers/needs.ts";
import { projectRoot } from "../../helpers/project.ts";
import { startUwsgiApplication } from "../../helpers/uwsgi-application.ts";
import { application } from "./applications/ours.ts";

export interface Side extends AsyncDisposable {
  /** As `parseAddress` reads it. */
  readonly address: string;
  /** How its certificate is checked, where it has one. */
  readonly tls?: DialTls;
}

export interface SideKind {
  readonly name: string;
  /** Declares a test where all that it takes is installed. */
  readonly test: ConditionalTest;
  /** True where it speaks TLS. */
  readonly isTls: boolean;
  start(certificates: Certificates): Promise<Side>;
}

function python(framework: "flask" | "django", isTls: boolean): SideKind {
  return {
    name: `uWSGI with ${framework}${isTls ? ", TLS" : ""}`,
    test: needsUwsgiPython(framework),
    isTls,
    start: async ({ ca, server }) => {
      const folder = join(projectRoot, "test/interop/requests/applications");
      const file = join(folder, `${framework}_app.py`);
      const uwsgi = await startUwsgiApplication({
        file,
        args: ["--pythonpath", folder, "--disable-logging"],
        ...(isTls ? { tls: server } : {}),
      });
      const { address, stop } = uwsgi;
      return { address, ...(isTls ? { tls: { ca: ca.cert } } : {}), [Symbol.asyncDispose]: stop };
    },
  };
}

function ours(isTls: boolean): SideKind {
  return {
    name: `our server${isTls ? ", TLS" : ""}`,
    test: needs("openssl"),
    isTls,
    start: async ({ ca, server: { cert, key } }) => {
      const plugins = [httpPlugin(wsgi(application))];
      const server = new Server({ graceMs: 200, plugins, ...(isTls ? { tls: { cert, key } } : {}) });
      await server.listen(isTls ? "suwsgi://127.0.0.1:0" : "127.0.0.1:0");
      const [address] = server.addresses;
      if (address === undefined) throw new Error("the server has no address");
      return {
        address: formatAddress(address),
        ...(isTls ? { tls: { ca: ca.cert } } : {}),
        [Symbol.asyncDispose]: () => server.close(),
      };
    },
  };
}

export const sides: readonly SideKind[] = [
  python("flask", false),
  python("django", false),
  ours(false),
  python("flask", true),
  ours(true),
];
