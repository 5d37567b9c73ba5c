/** Our server, as a backend of the side-by-side: `node uisge.js OPTIONS`. */
import { fetchHandler, installFastGlobals } from "../../src/app/index.ts";
import { serve, type ServeOptions } from "../../src/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { fetchApplication } from "../applications/fetch.ts";
import { application as wsgiApplication } from "../applications/wsgi.ts";
import { type OwnInterface, programOptions, takeOrders } from "./control.ts";

/** One row for each way an application can be called. */
const interfaces: Readonly<Record<OwnInterface, (options: ServeOptions) => Promise<unknown>>> = {
  wsgi: (options) => serve(wsgiApplication, options),
  fetch: async ({ socket: address, ...rest }) => {
    installFastGlobals();
    const server = new Server({ ...rest, plugins: [httpPlugin(fetchHandler(fetchApplication), rest)] });
    await server.listen(String(address));
  },
};

const { socket, backlog, idle, transport = "net", interface: name = "wsgi" } = programOptions();
const start = interfaces[name];
// The curve over vars goes up to 1 000, which is the default; the client that checks the answers sends one more.
const maxVars = 1_100;
const options = { socket, backlog, transport, maxVars, ...(idle ? { headerTimeoutMs: Number.POSITIVE_INFINITY } : {}) };
takeOrders();
await start(options);
