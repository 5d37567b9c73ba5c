/** The options of commands that pass requests on, for `suwsgi://` addresses behind them. */
import type { UpstreamConfig } from "../../config/index.ts";
import type { DialTls } from "../../connection/index.ts";
import { typeError } from "../../errors.ts";
import type { Label } from "./config-of.ts";
import { present } from "./present.ts";
import { readPem } from "./server-options.ts";

/** Reads the files; undefined where none is given. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the option. */
export function readUpstreamTls(
  config: Pick<UpstreamConfig, "upstream-ca" | "upstream-cert" | "upstream-key">,
  label: Label,
): DialTls | undefined {
  const { "upstream-ca": ca, "upstream-cert": cert, "upstream-key": key } = config;
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", "--upstream-cert FILE and --upstream-key FILE are needed both, or none");
  }
  return present({
    ca: ca === undefined ? undefined : readPem(label("upstream-ca"), ca),
    cert: cert === undefined ? undefined : readPem(label("upstream-cert"), cert),
    key: key === undefined ? undefined : readPem(label("upstream-key"), key),
  });
}
