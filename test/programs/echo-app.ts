/** Answers with what it was asked: the method, the path, and the whole body. */
import type { WsgiEnviron, WsgiFunction } from "../../src/index.ts";

export const application: WsgiFunction = async (environ: WsgiEnviron, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
  return [Buffer.from(`${environ.REQUEST_METHOD} ${environ.PATH_INFO}\n`, "latin1"), body];
};
