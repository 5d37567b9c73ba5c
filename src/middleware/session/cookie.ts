/** The cookie of a session: its name, its attributes, and how it is read, by the package cookie. Pure. */
import { parseCookie, stringifySetCookie } from "cookie";

export interface CookieSettings {
  /** Without a prefix. */
  readonly name: string;
  readonly path: string;
  readonly domain: string | undefined;
  readonly sameSite: "lax" | "strict" | "none";
}

/** So many cookies of the name are tried: others may set some for a part of the site, but not make work without end. */
const MOST_TRIED = 3;

/**
 * The name, with the prefix that tells browsers who may set it (RFC 6265bis 4.1.3). Only the site itself can set
 * `__Host-`, over https: not its subdomains, and nobody who sits on the line of another request. So over https no cookie
 * without a prefix is believed.
 */
export function cookieName({ name, path, domain }: CookieSettings, isSecure: boolean): string {
  if (!isSecure) return name;
  return path === "/" && domain === undefined ? `__Host-${name}` : `__Secure-${name}`;
}

/** The values that a Cookie header has for a name, in its order; at most 3. */
export function cookiesOf(header: unknown, name: string): string[] {
  if (typeof header !== "string" || !header.includes(name)) return [];
  // One by one, for of several with one name the package takes the first.
  const values: string[] = [];
  for (const pair of header.split(";")) {
    if (!pair.includes(name)) continue;
    const value = parseCookie(pair, { decode: asIs })[name];
    if (value !== undefined) values.push(value);
    if (values.length === MOST_TRIED) break;
  }
  return values;
}

/** A Set-Cookie header. `maxAgeSeconds`: undefined for a cookie that goes with the browser, 0 for one that goes now. */
export function setCookie(
  settings: CookieSettings,
  isSecure: boolean,
  value: string,
  maxAgeSeconds: number | undefined,
): string {
  const { path, domain, sameSite } = settings;
  return stringifySetCookie(
    {
      name: cookieName(settings, isSecure),
      value,
      path,
      httpOnly: true,
      secure: isSecure,
      sameSite,
      ...(maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
      ...(domain === undefined ? {} : { domain }),
    },
    { encode: asIs },
  );
}

/** Values are of letters, digits, `-`, `_` and `.`: nothing has to be encoded, and nothing that is encoded is ours. */
function asIs(value: string): string {
  return value;
}
