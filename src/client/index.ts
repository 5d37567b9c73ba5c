/**
 * The other end of a uwsgi socket: sends requests. Sibling of the server, and never imports it.
 *
 * `request.ts` is all there is: one request on one connection, for the bridge and the tests.
 */
export { request, type Response } from "./request.ts";
