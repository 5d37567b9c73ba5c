/**
 * The backends of the side-by-side, in the order in which they are measured. Each has a file of its own;
 * the Node ones run a program of `programs/`.
 */
import type { Backend } from "./backend.ts";
import { floor } from "./floor.ts";
import { nodeFastcgi } from "./node-fastcgi.ts";
import { nodeHttpBackends } from "./node-http.ts";
import { uisgeBackends } from "./uisge.ts";
import { uwsgiPython } from "./uwsgi-python.ts";

export type { Backend, Over, Protocol } from "./backend.ts";

export const backends: readonly Backend[] = [...uisgeBackends, ...nodeHttpBackends, uwsgiPython, floor, nodeFastcgi];
