/** The headers of an answer that has to do with a session: caches must not give it to others. Pure. */
import type { Header } from "../../codec/index.ts";
import { type AppResponse, varyOn, withoutHeader } from "../../handler/index.ts";

/** The answer may differ from session to session (RFC 9110 12.5.5). */
export function readAnswer(response: AppResponse): AppResponse {
  return { ...response, headers: varyOn(response.headers, "Cookie") };
}

/**
 * The answer with the session's cookie. No cache that serves several clients may keep it, whatever the application says:
 * the next client would get this one's session.
 */
export function answerWithCookie(response: AppResponse, cookie: string): AppResponse {
  const headers = varyOn(response.headers, "Cookie");
  return {
    ...response,
    headers: [...withoutHeader(headers, "cache-control"), privately(headers), ["Set-Cookie", cookie]],
  };
}

/** Directives for shared caches; they make an answer public (RFC 9111 5.2.2). */
const FOR_SHARED = new Set(["public", "s-maxage", "proxy-revalidate"]);

function privately(headers: readonly Header[]): Header {
  const given = headers.filter(([name]) => name.toLowerCase() === "cache-control").map(([, value]) => value);
  const directives = given
    .flatMap((value) => value.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/))
    .map((directive) => directive.trim())
    .filter((directive) => directive !== "" && !FOR_SHARED.has(nameOf(directive)));
  const isPrivate = directives.some((directive) => /^(?:private|no-store)$/i.test(directive));
  return ["Cache-Control", (isPrivate ? directives : ["private", ...directives]).join(", ")];
}

function nameOf(directive: string): string {
  return (directive.split("=", 1)[0] ?? "").trim().toLowerCase();
}
