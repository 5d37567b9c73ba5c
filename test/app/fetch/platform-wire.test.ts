/** The rules on the wire, with the globals of the platform. */
import { declareWireRules } from "./wire-rules.ts";

declareWireRules();
