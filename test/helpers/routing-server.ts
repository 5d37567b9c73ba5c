/** A server that routes packets, and a record of all that it reports. */
import type { Address } from "../../src/connection/index.ts";
import { PacketRouter, type PacketRouterOptions, routerPlugins } from "../../src/gateway/index.ts";
import { Server, type ServerOptions } from "../../src/server/index.ts";
import { tempFolder } from "./temp-folder.ts";
import { type Seen, type TransportKind, watch } from "./test-server.ts";

export interface RoutingServer extends AsyncDisposable {
  readonly server: Server;
  readonly address: Address;
  readonly seen: Seen;
}

export async function startRouter(
  options: PacketRouterOptions,
  { kind = "unix", ...serverOptions }: Omit<Partial<ServerOptions>, "plugins"> & { readonly kind?: TransportKind } = {},
): Promise<RoutingServer> {
  const folder = tempFolder();
  const router = new PacketRouter(options);
  const server = new Server({ graceMs: 200, ...serverOptions, plugins: routerPlugins(router) });
  const seen = watch(server);
  await server.listen(kind === "unix" ? folder.file("r.sock") : "127.0.0.1:0");
  return {
    server,
    address: server.addresses[0] as Address,
    seen,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await router.close();
      seen.stop();
      folder[Symbol.dispose]();
    },
  };
}
