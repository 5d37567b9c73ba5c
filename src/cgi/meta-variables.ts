/**
 * Which variables of the process belong to the request. All others are the machine's (PATH, HOME) or secrets of whoever
 * runs the web server, and no application's that shows its environ to somebody.
 */

const known: ReadonlySet<string> = new Set([
  // RFC 3875 4.1
  "AUTH_TYPE",
  "CONTENT_LENGTH",
  "CONTENT_TYPE",
  "GATEWAY_INTERFACE",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "QUERY_STRING",
  "REMOTE_ADDR",
  "REMOTE_HOST",
  "REMOTE_IDENT",
  "REMOTE_USER",
  "REQUEST_METHOD",
  "SCRIPT_NAME",
  "SERVER_NAME",
  "SERVER_PORT",
  "SERVER_PROTOCOL",
  "SERVER_SOFTWARE",
  // Apache, lighttpd, and nginx with fcgiwrap, in what each of them adds
  "DOCUMENT_ROOT",
  "HTTPS",
  "REMOTE_PORT",
  "REQUEST_SCHEME",
  "REQUEST_URI",
  "SCRIPT_FILENAME",
  "SERVER_ADDR",
  // Apache: httpd.apache.org/docs/2.4/expr.html, mod_rewrite and mod_unique_id
  "CONTEXT_DOCUMENT_ROOT",
  "CONTEXT_PREFIX",
  "SCRIPT_URI",
  "SCRIPT_URL",
  "SERVER_ADMIN",
  "SERVER_SIGNATURE",
  "UNIQUE_ID",
  // nginx's fastcgi_params
  "DOCUMENT_URI",
]);

/** Where OpenSSL looks for certificates: the machine's, though it begins as what Apache says of a connection. */
const ofOpenSsl: ReadonlySet<string> = new Set(["SSL_CERT_DIR", "SSL_CERT_FILE"]);

/** What a redirect inside of the server leaves behind, besides all others under this prefix. */
const ofRedirects: ReadonlySet<string> = new Set(["ERROR_NOTES", "STATUS", "URI", "URL"]);

const REDIRECT = "REDIRECT_";

/**
 * True for the variables of RFC 3875, those that Apache, lighttpd, and nginx with fcgiwrap add, headers (`HTTP_*`),
 * `SSL_*`, and each of these behind `REDIRECT_` (Apache).
 */
export function isMetaVariable(name: string): boolean {
  let bare = name;
  while (bare.startsWith(REDIRECT)) bare = bare.slice(REDIRECT.length);
  if (known.has(bare) || bare.startsWith("HTTP_")) return true;
  if (bare.startsWith("SSL_")) return !ofOpenSsl.has(bare);
  return bare !== name && ofRedirects.has(bare);
}
