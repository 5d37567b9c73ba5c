import type { Header } from "../../src/codec/index.ts";
import { onResponse, titled } from "../../src/handler/index.ts";
import { middlewareContract } from "../helpers/middleware-contract.ts";

const tagged = (name: string) =>
  titled(
    name,
    (next) => (request) =>
      onResponse(next(request), (response) => ({
        ...response,
        headers: [...response.headers, ["X-Seen", name] satisfies Header],
      })),
  );

middlewareContract("none", () => []);
middlewareContract("a list of two", () => [tagged("outer"), tagged("inner")]);
