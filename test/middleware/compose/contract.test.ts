import { middlewareContract } from "../../helpers/middleware-contract.ts";
import { tagged } from "../../helpers/tagged.ts";

middlewareContract("none", () => []);
middlewareContract("a list of two", () => [tagged("outer"), tagged("inner")]);
