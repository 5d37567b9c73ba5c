/** The rules for requests, with the globals of the platform. */
import { declareRequestRules } from "./request-rules.ts";

declareRequestRules();
