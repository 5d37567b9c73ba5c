/** Identities that the front end has found out: REMOTE_USER, or the certificate of a TLS client. */
import { type Environ, varName } from "../../environ/index.ts";
import type { AppRequest } from "../../handler/index.ts";
import { oneOf, optionRule, readOptions, text } from "../read-options.ts";
import { type Authenticator, Refused, type Verdict } from "./authenticator.ts";
import { commonNameOf } from "./distinguished-name.ts";
import { isName, textOf } from "./user-name.ts";

export interface FrontEndOptions {
  /**
   * The var that has the name. None that begins with HTTP_: that would be a header, which clients send. Default
   * `REMOTE_USER`, and none where there is `header` or `certificate`.
   */
  readonly variable?: string;
  /**
   * A header that has the name. Only where the front end sets, or removes, it in every request: else everybody is who
   * they say they are.
   */
  readonly header?: string;
  /** Takes the client's certificate, where the front end says that it has verified it. */
  readonly certificate?: boolean | CertificateOptions;
  /** AUTH_TYPE of who is known by a var or header. Default: what the front end says in AUTH_TYPE, else `FrontEnd`. */
  readonly scheme?: string;
}

export interface CertificateOptions {
  /** What becomes the name: the subject's common name, the whole subject, or the fingerprint. Default `CN`. */
  readonly name?: "CN" | "subject" | "fingerprint";
  /** The var that is `SUCCESS` for a certificate that was verified. Default `SSL_CLIENT_VERIFY`. */
  readonly verifyVariable?: string;
  /** The var that has the subject. Default `SSL_CLIENT_S_DN`. */
  readonly subjectVariable?: string;
  /** The var that has the fingerprint. Default `SSL_CLIENT_FINGERPRINT`. */
  readonly fingerprintVariable?: string;
}

const SCHEME = "FrontEnd";
const CERTIFICATE = "Certificate";

/** A var that only the front end can set. */
const ownVar = {
  needed: "the name of a var that is no header (HTTP_...)",
  accepts: (value: string): boolean => /^[\w.-]+$/.test(value) && !value.startsWith("HTTP_"),
};

const rules = {
  variable: text(ownVar),
  header: text({ needed: "the name of a header", accepts: (value) => /^[!#$%&'*+.^`|~\w-]+$/.test(value) }),
  certificate: optionRule<boolean | CertificateOptions>(
    "true, false or an object with options",
    (value) => typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value)),
  ),
  scheme: text({ needed: "a token", accepts: (value) => /^[\w-]+$/.test(value) }),
};

const certificateRules = {
  name: oneOf(["CN", "subject", "fingerprint"], { or: "CN" }),
  verifyVariable: text({ ...ownVar, or: "SSL_CLIENT_VERIFY" }),
  subjectVariable: text({ ...ownVar, or: "SSL_CLIENT_S_DN" }),
  fingerprintVariable: text({ ...ownVar, or: "SSL_CLIENT_FINGERPRINT" }),
};

/**
 * Makes an authenticator that takes the front end's word. It is as good as the front end's configuration: nginx's
 * `$remote_user` is what the client claims unless `auth_basic` stands in the same location. Throws a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for options that cannot be.
 */
export function frontEnd(options: FrontEndOptions = {}): Authenticator {
  const { variable, header, certificate, scheme } = readOptions("auth frontEnd", options, rules);
  const byCertificate = certificateReader(certificate);
  const isDefault = header === undefined && byCertificate === undefined;
  const places = [
    variable ?? (isDefault ? "REMOTE_USER" : undefined),
    header === undefined ? undefined : varName(header),
  ];
  const vars = places.filter((place) => place !== undefined);
  return {
    scheme: vars.length === 0 ? CERTIFICATE : (scheme ?? SCHEME),
    authenticate({ environ }: AppRequest): Verdict {
      for (const name of vars) {
        const value = environ[name];
        if (typeof value !== "string" || value === "") continue;
        return verdictOf(textOf(value), scheme ?? authTypeOf(environ));
      }
      return byCertificate?.(environ);
    },
  };
}

/** What the front end says, where it can stand in a log. */
function authTypeOf({ AUTH_TYPE: type }: Environ): string {
  return typeof type === "string" && /^[\w-]{1,64}$/.test(type) ? type : SCHEME;
}

function verdictOf(name: string | undefined, scheme: string, claims?: Readonly<Record<string, unknown>>): Verdict {
  if (!isName(name)) return new Refused({ scheme, why: "the front end's name cannot be one" });
  return { name, scheme, ...(claims === undefined ? {} : { claims }) };
}

function certificateReader(given: boolean | CertificateOptions = false): ((environ: Environ) => Verdict) | undefined {
  if (given === false) return undefined;
  const options = readOptions("auth frontEnd certificate", given === true ? {} : given, certificateRules);
  return (environ) => {
    const verified = environ[options.verifyVariable];
    if (verified === undefined || verified === "" || verified === "NONE") return undefined;
    // Also GENEROUS of Apache, which is a certificate that nobody has verified.
    if (verified !== "SUCCESS") return new Refused({ scheme: CERTIFICATE, why: "the certificate was not verified" });
    const subject = wordOf(environ, options.subjectVariable);
    const fingerprint = wordOf(environ, options.fingerprintVariable);
    const names = { CN: subject === undefined ? undefined : commonNameOf(subject), subject, fingerprint };
    return verdictOf(names[options.name], CERTIFICATE, { subject, fingerprint });
  };
}

function wordOf(environ: Environ, name: string): string | undefined {
  const value = environ[name];
  return typeof value === "string" && value !== "" ? textOf(value) : undefined;
}
