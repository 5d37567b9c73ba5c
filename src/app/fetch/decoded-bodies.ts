/**
 * Bodies that `fetch` has decoded. It leaves the headers as they came: Content-Encoding and Content-Length then speak
 * of bytes that are no longer there, and whoever passes both on sends an answer that no client can read.
 */

/** Known by the stream, which an application may have put into a response of its own. */
const decoded = new WeakSet<ReadableStream>();

/** Notes the response of a `fetch`. */
export function noteDecoded(response: Response): Response {
  const { body } = response;
  if (body !== null && isDecodable(response.headers.get("content-encoding"))) decoded.add(body);
  return response;
}

/** True for such a body, whatever response it stands in. */
export function isDecodedStream(body: ReadableStream): boolean {
  return decoded.has(body);
}

/** True where the headers Content-Encoding and Content-Length of a response are not those of its body. */
export function isDecoded({ url, type, body, headers }: Response): boolean {
  if (body === null) return false;
  // What a `fetch` has answered, and nobody has made anew.
  const isFromFetch = url !== "" || type !== "default";
  return isFromFetch ? isDecodable(headers.get("content-encoding")) : decoded.has(body);
}

/** True for a body with these codings that `fetch` decodes: it knows all of them. */
function isDecodable(codings: string | null): boolean {
  if (codings === null || codings === "") return false;
  return codings.split(",").every((coding) => known.has(coding.trim().toLowerCase()));
}

/** Node 24 brought zstd, with undici 7. */
const known: Set<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);
if (Number(process.versions["undici"]?.split(".", 1)[0] ?? 0) >= 7) known.add("zstd");
