/**
 * Answers in fewer bytes: gzip, brotli, and zstd where the runtime has it.
 *
 * Read `compress.ts` first: what is done with a response. `eligible.ts`, `secrets.ts`, `types.ts` and `accept.ts`
 * decide, `coded-headers.ts` is what the head says then; all of these are pure. `coders.ts` is zlib, `whole-body.ts`
 * and `coded-body.ts` take bodies through it. Not here: files that are compressed beforehand, and request bodies.
 */
export { compress } from "./compress.ts";
export type { Coding, CompressOptions } from "./options.ts";
