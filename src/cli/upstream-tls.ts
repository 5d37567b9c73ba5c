/** The options of commands that pass requests on, for `suwsgi://` addresses behind them. */
import type { DialTls } from "../connection/index.ts";
import { typeError } from "../errors.ts";
import { present, readPem } from "./serve-options.ts";

/** As `parseArgs` takes them. */
export const upstreamTlsFlags = {
  "upstream-ca": { type: "string" },
  "upstream-cert": { type: "string" },
  "upstream-key": { type: "string" },
} as const;

/** Their values. */
export interface UpstreamTlsFlags {
  readonly "upstream-ca"?: string | undefined;
  readonly "upstream-cert"?: string | undefined;
  readonly "upstream-key"?: string | undefined;
}

/** Reads the files; undefined where none is given. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the option. */
export function readUpstreamTls(flags: UpstreamTlsFlags): DialTls | undefined {
  const { "upstream-ca": ca, "upstream-cert": cert, "upstream-key": key } = flags;
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "--upstream-cert FILE and --upstream-key FILE are needed both, or none");
  }
  return present({
    ca: ca === undefined ? undefined : readPem("--upstream-ca", ca),
    cert: cert === undefined ? undefined : readPem("--upstream-cert", cert),
    key: key === undefined ? undefined : readPem("--upstream-key", key),
  });
}
