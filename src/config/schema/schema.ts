/** The schema of configurations: all that may stand in a file. The only list of options: all else is made from it. */
import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { bridge, route, upstream, upstreams } from "./gateways.ts";
import { named, namedList, section } from "./kinds.ts";
import { beside, processes, reload, users } from "./master.ts";
import { announce, application, limits, logs, sockets } from "./service.ts";

/** Those of this package, in the order in which they stand around an application. */
const middlewareNames = ["inspect", "errors", "compress", "session", "auth"] as const;

/** The options of middleware are judged by whom they are for. */
const anyOptions = Type.Record(Type.String(), Type.Unknown());

const gateway = Type.Union([
  Type.Composite([Type.Object({ type: Type.Literal("bridge") }), bridge], { additionalProperties: false }),
  Type.Composite([Type.Object({ type: Type.Literal("route") }), route], { additionalProperties: false }),
]);

const parts: Readonly<Record<string, TSchema>> = {
  middleware: namedList(
    anyOptions,
    {
      group: "parts",
      value: "NAME[={...}]",
      example: "compress",
      summary: "What stands around the application, the first outermost",
    },
    middlewareNames,
  ),
  upstream: upstreams,
  gateway: named(gateway, {
    group: "parts",
    makesMaster: true,
    value: "NAME={...}",
    example: 'front={"type":"bridge","http":["127.0.0.1:8080"]}',
    table: "gateway",
    summary: "A bridge or router that runs beside the workers",
  }),
};

/** All of `uisge serve`: the root of a file. */
export const serve: TObject = section({
  ...application.properties,
  ...sockets.properties,
  ...limits.properties,
  ...processes.properties,
  ...users.properties,
  ...reload.properties,
  ...beside.properties,
  ...announce.properties,
  ...logs.properties,
  ...parts,
});

/** By what they are for. */
export const schemas: Readonly<Record<"serve" | "bridge" | "route" | "upstream", TObject>> = {
  serve,
  bridge,
  route,
  upstream,
};
