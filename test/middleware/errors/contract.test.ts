import { errors } from "../../../src/middleware/errors/index.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";

middlewareContract("errors", () => [errors()], { headers: [["Accept", "application/json"]] });
middlewareContract("errors with a hook", () => [errors({ onError: () => {} })], {
  headers: [["Accept", "text/html"]],
});
middlewareContract("errors in development", () => [errors({ development: true })], {
  headers: [["Accept", "text/html"]],
  isFailureShown: true,
});
