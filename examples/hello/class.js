// The gateway interface by a class: each request makes an instance, which iterates the body.
// Run it: npx uisge serve examples/hello/class.js:Hello --socket /tmp/app.sock

export class Hello {
  /**
   * @param {import("uisge").WsgiEnviron} environ
   * @param {import("uisge").StartResponse} startResponse
   */
  constructor(environ, startResponse) {
    this.environ = environ;
    startResponse("200 OK", [["Content-Type", "text/plain; charset=utf-8"]]);
  }

  *[Symbol.iterator]() {
    yield "Hello, ";
    yield `${this.environ.REMOTE_ADDR ?? "world"}\n`;
  }
}
