/** Our server, as a backend of the side-by-side: `node uisge.js OPTIONS`. */
import { type Application, installFastGlobals, type InterfaceName, toHandler } from "../../src/app/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { application as expressApplication } from "../applications/express.ts";
import { application as fetchApplication } from "../applications/fetch.ts";
import { handler } from "../applications/node-handler.ts";
import { application as wsgiApplication } from "../applications/wsgi.ts";
import { programOptions, takeOrders } from "./control.ts";

/** One row for each way an application can be called. */
const interfaces: Readonly<Record<string, readonly [Application, InterfaceName]>> = {
  wsgi: [wsgiApplication, "wsgi"],
  node: [handler, "node"],
  express: [expressApplication, "node"],
  fetch: [fetchApplication, "fetch"],
};

const { socket, backlog, idle, transport = "net", interface: name = "wsgi" } = programOptions();
const [application, interfaceName] = interfaces[name] ?? [];
if (application === undefined || interfaceName === undefined) throw new Error(`no interface ${name}`);
// The curve over vars goes up to 1 000, which is the default; the client that checks the answers sends one more.
const maxVars = 1_100;
// As `uisge serve` does.
if (interfaceName === "fetch") installFastGlobals();
takeOrders();
const server = new Server({
  plugins: [httpPlugin(toHandler(application, interfaceName))],
  backlog,
  transport,
  maxVars,
  ...(idle ? { headerTimeoutMs: Number.POSITIVE_INFINITY } : {}),
});
await server.listen(socket);
