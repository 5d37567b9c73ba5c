import { when } from "../../../src/middleware/compose/when.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";
import { tagged } from "../../helpers/tagged.ts";

middlewareContract("none", () => []);
middlewareContract("a list of two", () => [tagged("outer"), tagged("inner")]);
middlewareContract("when it is meant, middleware", () => [when({ path: "/", not: { https: true } }, [tagged("a")])]);
