#!/usr/bin/env node
// A whole CGI program. Beside it: apache.conf and lighttpd.conf. Make it executable: chmod +x hello.mjs
//
// The name ends with .mjs, or with nothing: Node reads `import` from no file that is named .cgi.
import { runWithCgi } from "uisge/cgi";

/** @type {import("uisge").WsgiFunction} */
const application = async (environ, startResponse) => {
  if (environ.REQUEST_METHOD === "POST") {
    const body = await environ["wsgi.input"].read();
    startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
    return body;
  }
  console.log("This goes to the error log of the web server: standard output is the answer.");
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return `Hello, ${environ.REMOTE_ADDR ?? "world"}, at ${environ.SCRIPT_NAME} with ${environ.PATH_INFO || "no path"}\n`;
};

await runWithCgi(application);
