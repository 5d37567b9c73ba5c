/** What the command line of `uisge serve` asks for, read. */
import type { InterfaceName } from "../../app/index.ts";
import type { Named } from "../../config/index.ts";
import type { AccessFormat, ErrorFormat } from "../../log/index.ts";
import type { ServeOptions } from "../../serve.ts";
import type { ServerConfigOptions } from "../options/server-options.ts";

export interface Asked {
  /** `path[:export]`. */
  readonly name: string;
  readonly interface: InterfaceName | undefined;
  readonly listen: string | undefined;
  readonly fastGlobals: boolean;
  /** What stands around the application, the first outermost. */
  readonly middleware: readonly Named[];
  /** The application's own. */
  readonly args: readonly string[];
  readonly sockets: readonly string[];
  readonly http: readonly string[] | undefined;
  /** Bridges and routers beside it; of a manager. */
  readonly gateways: readonly Named[];
  /** Servers that these pass requests on to, by name. */
  readonly upstreams: readonly Named[];
  /** Options of the server. */
  readonly given: ServerConfigOptions;
  readonly subscribe: ServeOptions["subscribe"];
  readonly accessFormat: AccessFormat | "off";
  readonly errorFormat: ErrorFormat;
}
