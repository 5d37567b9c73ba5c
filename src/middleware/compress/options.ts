/** What can be set, with defaults. */
import type { AppRequest, AppResponse } from "../../handler/index.ts";
import { hook, listOf, oneOf, type OptionRule, readOptions, text, wholeNumber } from "../read-options.ts";

/** A content coding, as `Accept-Encoding` names it. */
export type Coding = "br" | "gzip" | "zstd";

export interface CompressOptions {
  /**
   * What is offered; among codings that a client likes as well, the earlier. `zstd` is left out where the runtime has
   * none (Node before 22.15). Default `["zstd", "br", "gzip"]`: at these levels they come to the same size, and zstd
   * takes a quarter of the time.
   */
  readonly encodings?: readonly Coding[];
  /** Bodies of fewer bytes are sent as they are. Default 1 024: below it all fits one packet of the network anyway. */
  readonly thresholdBytes?: number;
  /** 1 to 9. Default 6, as zlib's own. */
  readonly gzipLevel?: number;
  /** 0 to 11. Default 4: it takes the time of gzip; Node's own default, 11, takes two hundred times as much. */
  readonly brotliQuality?: number;
  /** 1 to 19. Default 3, as zstd's own. */
  readonly zstdLevel?: number;
  /** Only these types are compressed, such as `text/html` or `text/*`. Default: what the database mime-db says. */
  readonly types?: readonly string[];
  /** These types too. */
  readonly moreTypes?: readonly string[];
  /**
   * Answers that may carry a secret: `skip` (default) sends them as they are, for what is secret in a compressed answer
   * can be guessed from its length (BREACH); `compress` does not ask.
   */
  readonly secrets?: "skip" | "compress";
  /**
   * Who compresses: `here` (default), or the `front-end`, such as nginx with `gzip on`. Then it is only told which
   * answers are not to be compressed, by `Content-Encoding: identity`.
   */
  readonly by?: "here" | "front-end";
  /** Asked for each response that would be compressed; false leaves it as it is. */
  readonly filter?: (request: AppRequest, response: AppResponse) => boolean;
}

/** The options, with defaults. */
export interface Settings {
  readonly encodings: readonly Coding[];
  readonly thresholdBytes: number;
  readonly gzipLevel: number;
  readonly brotliQuality: number;
  readonly zstdLevel: number;
  readonly types: readonly string[] | undefined;
  readonly moreTypes: readonly string[];
  readonly secrets: "skip" | "compress";
  readonly by: "here" | "front-end";
  readonly filter: CompressOptions["filter"] | undefined;
}

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what is no option. */
export function readSettings(options: CompressOptions): Settings {
  return readOptions("compress", options, {
    encodings: listOf(oneOf<Coding>(["zstd", "br", "gzip"]), { or: ["zstd", "br", "gzip"] }),
    thresholdBytes: wholeNumber({ or: 1_024 }),
    gzipLevel: wholeNumber({ least: 1, most: 9, or: 6 }),
    brotliQuality: wholeNumber({ most: 11, or: 4 }),
    // Above, a decoder needs a window that browsers do not grant (RFC 9659: 8 MB).
    zstdLevel: wholeNumber({ least: 1, most: 19, or: 3 }),
    types: listOf(type),
    moreTypes: listOf(type, { or: [] }),
    secrets: oneOf(["skip", "compress"], { or: "skip" }),
    by: oneOf(["here", "front-end"], { or: "here" }),
    filter: hook<NonNullable<CompressOptions["filter"]>>(),
  });
}

const type: OptionRule<string | undefined> = text({
  needed: "a type such as text/html or text/*",
  accepts: (value) => /^[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+)$/.test(value),
});
