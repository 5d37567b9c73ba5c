/** Messages of diagnostics for tests of what listens to them. */
import { decodeVars } from "../../src/codec/index.ts";
import type { ExchangeEnd, ExchangeError } from "../../src/diagnostics.ts";
import { environFromVars } from "../../src/environ/index.ts";
import type { Vars } from "./raw-client.ts";
import { varsBlock } from "./wire.ts";

/** The environ that the server makes of these vars. */
export function environOf(vars: Vars): ExchangeEnd["environ"] {
  return environFromVars(decodeVars(varsBlock(Object.entries(vars))));
}

/** The end of a GET of `/a?b=c` that was answered with 200 and 5 bytes, or what `changes` make of it. */
export function endOf(changes: Partial<ExchangeEnd> = {}): ExchangeEnd {
  const environ = environOf({
    REQUEST_METHOD: "GET",
    REQUEST_URI: "/a?b=c",
    SERVER_PROTOCOL: "HTTP/1.1",
    REMOTE_ADDR: "192.0.2.1",
  });
  const answer = { status: 200, bodyBytes: 5, durationMs: 12.3456, ending: "complete" } as const;
  return { server: {}, environ, requestId: "r1", ...answer, ...changes };
}

/** The failure of a GET of `/a?password=secret` that was answered with 500, or what `changes` make of it. */
export function failureOf(error: unknown, changes: Partial<ExchangeError> = {}): ExchangeError {
  const environ = environOf({ REQUEST_METHOD: "GET", REQUEST_URI: "/a?password=secret" });
  return { server: {}, environ, requestId: "r1", error, outcome: "answered", status: 500, ...changes };
}
