/** Middleware that shows that it was there. */
import type { Header } from "../../src/codec/index.ts";
import { type Middleware, onResponse, titled } from "../../src/handler/index.ts";

/** Adds `X-Seen: NAME` to the answer, behind those of the layers below. */
export function tagged(name: string): Middleware {
  return titled(
    name,
    (next) => (request) =>
      onResponse(next(request), (response) => ({
        ...response,
        headers: [...response.headers, ["X-Seen", name] satisfies Header],
      })),
  );
}
