/** The options of commands that connect, for `suwsgi://`; named as curl names them. */
import { readFileSync } from "node:fs";
import type { DialTls } from "../connection/index.ts";
import type { CommandOption } from "./frame/definition.ts";
import { badFile } from "./read-options.ts";

export const tlsOptions: readonly CommandOption[] = [
  { name: "insecure", short: "k", summary: "do not check the server's certificate", group: "TLS" },
  { name: "cacert", value: "FILE", summary: "who may have signed it", completes: "file", group: "TLS" },
  { name: "cert", short: "E", value: "FILE", summary: "our certificate", completes: "file", group: "TLS" },
  { name: "key", value: "FILE", summary: "its key (in the file of --cert)", completes: "file", group: "TLS" },
];

/** Their values. */
export interface TlsFlags {
  readonly insecure?: boolean | undefined;
  readonly cacert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Reads the files. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) that names the one that cannot be read. */
export function readTlsFlags({ insecure, cacert, cert, key }: TlsFlags): DialTls {
  return {
    ...(insecure === true ? { insecure } : {}),
    ...(cacert === undefined ? {} : { ca: readPem(cacert) }),
    ...(cert === undefined ? {} : { cert: readPem(cert) }),
    // curl takes a key from the file of the certificate.
    ...(key === undefined && cert === undefined ? {} : { key: readPem(key ?? cert ?? "") }),
  };
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw badFile(file, error);
  }
}
