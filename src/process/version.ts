import { createRequire } from "node:module";

/** The version in package.json, which this package finds by its own name, wherever it has been compiled to. */
export const version: string = (createRequire(import.meta.url)("uisge/package.json") as { version: string }).version;
