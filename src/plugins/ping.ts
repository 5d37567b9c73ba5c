/** modifier1 100: says that we are alive. */
import { encodePacket } from "../codec/index.ts";
import { rangeError } from "../errors.ts";
import type { Plugin } from "../handler/index.ts";

/** uWSGI's limit for a warning, in bytes. */
const MAX_WARNING_BYTES = 80;

export interface PingOptions {
  /** A warning for whoever asks: at most 80 latin-1 characters; "" or undefined when all is well. */
  readonly warning?: () => string | undefined;
}

/**
 * Answers a ping with `64 00 00 01` and, if there is one, a warning as payload, as uWSGI's
 * `plugins/ping` does. A payload of the ping itself is ignored.
 */
export function pingPlugin({ warning }: PingOptions = {}): Plugin {
  return {
    name: "ping",
    modifier1: 100,
    async answer(exchange) {
      const text = warning?.() ?? "";
      if (text.length > MAX_WARNING_BYTES) {
        throw rangeError(
          "UWSGI_INVALID_ARGUMENT",
          `ping warning of ${text.length} characters, at most ${MAX_WARNING_BYTES} are allowed`,
        );
      }
      await exchange.write(encodePacket({ modifier1: 100, modifier2: 1, payload: text }));
      exchange.end();
    },
  };
}
