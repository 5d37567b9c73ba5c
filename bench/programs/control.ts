/** What every Node backend of the side-by-side has in common: where it listens, and how it is asked and ended. */

import { placeOf } from "../load/place.ts";

/** Given to a program as JSON, its only argument. */
export interface ProgramOptions {
  /** A socket path, or `host:port`. */
  readonly socket: string;
  readonly backlog: number;
  /** True where connections are held that send nothing: no deadline may cut them. */
  readonly idle: boolean;
  /** Only ours: which transport. */
  readonly transport?: "net" | "direct";
  /** By which interface the application is called; `wsgi` is only ours. */
  readonly interface?: "wsgi" | "node" | "express" | "fetch";
}

export function programOptions(): ProgramOptions {
  return JSON.parse(process.argv[2] ?? "") as ProgramOptions;
}

/** What `net.Server.listen` wants to know. */
export function listenOptions({
  socket,
  backlog,
}: ProgramOptions): { path: string; backlog: number } | { host: string; port: number; backlog: number } {
  return { ...placeOf(socket), backlog };
}

/** Answers each message with a collection of garbage; ends when the parent does. */
export function takeOrders(): void {
  process.on("message", () => {
    // Twice: what finalizers let go of in the first round is collected in the second.
    globalThis.gc?.();
    globalThis.gc?.();
    process.send?.("collected");
  });
  process.once("disconnect", () => process.exit());
}
