/**
 * Applications as CGI programs (RFC 3875): one process for each request, under any web server that knows CGI.
 *
 * Read first: `run-with-cgi.ts` (the process from start to exit), then `cgi-exchange.ts` (a request by environment and
 * streams). `meta-variables.ts` says which variables are the request's, `environment.ts` how their bytes are had,
 * `own-output.ts` keeps the application's own prints out of the answer.
 */
export { type CgiOptions, runWithCgi } from "./run-with-cgi.ts";
