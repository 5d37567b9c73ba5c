/** One answer, compressed or not. */
import type { Header } from "../../../src/codec/index.ts";
import { type AppResponse, compose, type Handler, type Middleware } from "../../../src/handler/index.ts";
import { compress, type CompressOptions } from "../../../src/middleware/compress/index.ts";
import { inject, type InjectedAnswer, type InjectRequest } from "../../../src/testing/index.ts";

export const TEXT: string = "All work and no play makes Jack a dull boy.\n".repeat(50);

/** A response with text that is worth it; `headers` come behind its type. */
export function respond(body: AppResponse["body"] = TEXT, headers: readonly Header[] = [], status = 200): AppResponse {
  const type: Header[] = headers.some(([name]) => name === "Content-Type") ? [] : [["Content-Type", "text/plain"]];
  return { status, headers: [...type, ...headers], body };
}

export interface Asked extends InjectRequest {
  readonly compress?: CompressOptions;
  /** Outside of the application. */
  readonly inner?: readonly Middleware[];
}

/** Asks for a response through the middleware; unless said otherwise as a client that takes gzip. */
export function ask(response: AppResponse | Handler, request: Asked = {}): Promise<InjectedAnswer> {
  const { compress: options, inner = [], ...rest } = request;
  const handler = typeof response === "function" ? response : (): AppResponse => response;
  const headers: Record<string, string | readonly string[]> = { "Accept-Encoding": "gzip" };
  return inject(compose([compress(options), ...inner])(handler), {
    ...rest,
    interface: "handler",
    headers: Object.assign(headers, rest.headers),
  });
}

/** `coding vary`, each with `-` where there is none. */
export function outcome(answer: InjectedAnswer): string {
  return `${answer.get("Content-Encoding") ?? "-"} ${answer.get("Vary") ?? "-"}`;
}
