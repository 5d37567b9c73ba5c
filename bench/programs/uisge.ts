/** Our server, as a backend of the side-by-side: `node uisge.js OPTIONS`. */
import { serve, type ServeOptions } from "../../src/index.ts";
import { application as wsgiApplication } from "../applications/wsgi.ts";
import { programOptions, takeOrders } from "./control.ts";

/** One row for each way an application can be called. */
const interfaces: Readonly<Record<"wsgi", (options: ServeOptions) => Promise<unknown>>> = {
  wsgi: (options) => serve(wsgiApplication, options),
};

const { socket, backlog, idle, transport = "net", interface: name = "wsgi" } = programOptions();
const start = interfaces[name];
const options = { socket, backlog, transport, ...(idle ? { headerTimeoutMs: Number.POSITIVE_INFINITY } : {}) };
if (transport !== "net" && !(await transportIsAnOption())) {
  throw new Error("this version of uisge has no option transport");
}
takeOrders();
await start(options);

/** An option that is read refuses a value that makes no sense. */
async function transportIsAnOption(): Promise<boolean> {
  const senseless: unknown = { ...options, transport: "none such" };
  try {
    const server = await serve(wsgiApplication, senseless as ServeOptions);
    await server.close();
    return false;
  } catch {
    // Refused, which is what was asked. Any other fault comes again when the server is started in earnest.
    return true;
  }
}
