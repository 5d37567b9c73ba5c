/** The rules for requests, with the globals that cost less in the place of the platform's. */
import { installFastGlobals } from "../../../src/app/index.ts";
import { declareRequestRules } from "./request-rules.ts";

installFastGlobals();
declareRequestRules();
