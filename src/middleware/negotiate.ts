/** What a client would rather have (RFC 9110 12): by the package negotiator, which reads the header. */
import Negotiator from "negotiator";

/**
 * The best of `offered` for an Accept header, undefined where the client takes none of them. Without the header the
 * first. Among those that the client likes as well the earlier.
 */
export function bestType(accept: unknown, offered: readonly string[]): string | undefined {
  const headers = typeof accept === "string" && accept !== "" ? { accept } : {};
  return new Negotiator({ headers }).mediaType([...offered]);
}

/**
 * The best of `offered` for an Accept-Encoding header, `identity` among them; undefined where the client takes none of
 * them. Without the header `identity`. Among those that the client likes as well the earlier.
 */
export function bestEncoding(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined) return "identity";
  const negotiator = new Negotiator({ headers: { "accept-encoding": accept } }) as unknown as PreferringNegotiator;
  return negotiator.encoding(offered, { preferred: offered });
}

/** As it is since 1.0; its published types are older. */
interface PreferringNegotiator {
  encoding(available: readonly string[], options: { readonly preferred: readonly string[] }): string | undefined;
}
