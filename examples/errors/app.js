// A teahouse where things go wrong, and what who develops is shown then: the frames of the stack with their sources,
// the chain of causes, the environ. With TEAHOUSE=open the clients get a plain 500 with an id, as in production.
// Run it: npx uisge serve examples/errors/app.js --socket /tmp/app.sock
// and ask for / in a browser, and with curl: the answer is what they like best.
import { wrap } from "uisge/middleware";
import { errors } from "uisge/middleware/errors";

/** @type {import("uisge").WsgiFunction} */
async function teahouse(environ, startResponse) {
  switch (environ.PATH_INFO) {
    case "/":
      throw new Error("the tea cannot be served", { cause: await failureOf(brew("Lapsang Souchong")) });
    case "/coffee":
      // An answer, no failure: it is not logged. So do the errors of the package http-errors look.
      throw Object.assign(new Error("there is no coffee in a teahouse"), { status: 422, expose: true });
    case "/slow":
      // Before its first chunk a body can still be replaced by a 500.
      startResponse("200 OK", [["Content-Type", "text/plain"]]);
      return drip();
    default:
      startResponse("404 Not Found", [["Content-Type", "text/plain"]]);
      return "there is /, /coffee and /slow\n";
  }
}

/** @returns {AsyncGenerator<string>} */
async function* drip() {
  yield await brew("Gyokuro");
}

/** @param {string} tea */
async function brew(tea) {
  const kettle = { celsius: 60 };
  if (kettle.celsius < 95) throw new RangeError(`${tea} wants 95 degrees, the water has ${kettle.celsius}`);
  return tea;
}

/** @param {Promise<unknown>} work */
async function failureOf(work) {
  return work.then(
    () => undefined,
    (error) => error,
  );
}

export const application = wrap(teahouse, [errors({ development: process.env["TEAHOUSE"] !== "open" })]);
