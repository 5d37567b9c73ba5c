/** What the command line of `uisge serve` asks for, read. */
import type { InterfaceName } from "../../app/index.ts";
import type { ServeOptions } from "../../serve.ts";
import type { ServerConfigOptions } from "../options/server-options.ts";

export interface Asked {
  /** `path[:export]`. */
  readonly name: string;
  readonly interface: InterfaceName | undefined;
  readonly listen: string | undefined;
  readonly fastGlobals: boolean;
  /** The application's own. */
  readonly args: readonly string[];
  readonly sockets: readonly string[];
  readonly http: readonly string[] | undefined;
  /** Options of the server. */
  readonly given: ServerConfigOptions;
  readonly subscribe: ServeOptions["subscribe"];
  readonly accessFormat: "combined" | "json" | "off";
  readonly errorFormat: "text" | "json";
}
