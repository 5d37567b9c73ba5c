/** What is said of an HTTP address that is listened on. */
import type { HttpListener } from "../gateway/index.ts";

/** Where, for whom, and to whom it goes. */
export function listeningOn({ address, url }: HttpListener, to: readonly string[]): string {
  const isEverywhere = address.kind === "tcp" && (address.host === "::" || address.host === "0.0.0.0");
  const shown = isEverywhere ? `${url}, all addresses of this machine` : url;
  return `listening on ${shown}${to.length === 0 ? "" : `, for ${to.join(", ")}`}`;
}
