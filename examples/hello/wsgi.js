// The gateway interface. Run it: npx uisge serve examples/hello/wsgi.js --socket /tmp/app.sock

/** @type {import("uisge").WsgiFunction} */
export const application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  return `Hello, ${environ.REMOTE_ADDR ?? "world"}\n`;
};
