import { createRequire } from "node:module";

/** The version in package.json, which is beside both `src` and `dist`. */
export const version: string = (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
