import { inspect } from "../../../src/middleware/inspect/index.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";

// All of it does its work: exchanges are recorded, bodies kept, layers checked.
middlewareContract("inspect in development", () => [inspect({ development: true, bodyBytes: 1_000, records: 10 })]);
middlewareContract("inspect in production", () => [inspect({ slowMs: 60_000, serverTiming: true })]);
