import cors from "cors";
import helmet from "helmet";
import type { Handler, Middleware } from "../../../src/handler/index.ts";
import { lint, type LintFault, type WsgiApplication } from "../../../src/app/index.ts";
import { connectMiddleware } from "../../../src/middleware/compose/connect.ts";
import { mount } from "../../../src/middleware/compose/mount.ts";
import { when } from "../../../src/middleware/compose/when.ts";
import { wsgiMiddleware } from "../../../src/middleware/compose/wsgi-middleware.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";
import { tagged } from "../../helpers/tagged.ts";

middlewareContract("none", () => []);
middlewareContract("a list of two", () => [tagged("outer"), tagged("inner")]);
middlewareContract("when it is meant, middleware", () => [when({ path: "/", not: { https: true } }, [tagged("a")])]);

/** The application, mounted. */
function mounted(path: string): Middleware {
  return (next) => mount({ [path]: { application: next, interface: "handler" } }).handler as Handler;
}

middlewareContract("mounted at the root, an application", () => [mounted("/")]);

function identity(application: WsgiApplication): WsgiApplication {
  return application;
}

middlewareContract("WSGI middleware that changes nothing", () => [wsgiMiddleware(identity)]);
middlewareContract("lint, as WSGI middleware,", () => [
  wsgiMiddleware((application) => lint(application, { report: refuse })),
]);

/** At whoever breaks a rule. */
function refuse({ message }: LintFault): never {
  throw new Error(message);
}

middlewareContract("helmet and cors", () => [connectMiddleware(helmet(), cors())]);
