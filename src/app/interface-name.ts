/**
 * `wsgi`: `(environ, startResponse)`. `node`: `(req, res)`, or an `http.Server`. `fetch`: `(request) => Response`.
 * `handler`: the contract below them all, `(request: AppRequest) => AppResponse`.
 */
export type InterfaceName = "wsgi" | "node" | "fetch" | "handler";
