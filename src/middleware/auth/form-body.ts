/** The fields of a small form. */
import type { AppRequest } from "../../handler/index.ts";

/** Name, password, two hidden fields, and some room. In bytes. */
const MOST_FORM = 16_384;

/**
 * The fields, of `application/x-www-form-urlencoded`; a status where it is something else (415), or too much (413). Rejects
 * where the body breaks off.
 */
export async function readForm({ environ, body }: AppRequest): Promise<URLSearchParams | 413 | 415> {
  const type = (environ.CONTENT_TYPE ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return 415;
  if (body.length > MOST_FORM) return 413;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}
