/**
 * What happens in an application, for people: timing of layers, slow requests, the last exchanges on a page, their
 * requests as packet files, and both checkers of conformance.
 *
 * Read first: `options.ts`, then `inspect.ts`, which puts all together. `timing.ts` is about time; `recording.ts` is what
 * is kept of an exchange (`kept-body.ts`, `recorded-request.ts`, `recorded.ts` feed it, `ring.ts` holds the last of them),
 * `redact-exchange.ts` what is not. `page.ts` answers for the page, `page-html.ts` and `recording-json.ts` say how it
 * looks, `access.ts` who may see it, `replay.ts` makes packet files. `lint-handler.ts` checks layers from between
 * (`lint-response.ts` has the rules). Not here: counters for machines, and the access log.
 */
export { lint, type LintFault, type LintOptions } from "../../app/index.ts";
export { inspect } from "./inspect.ts";
export type { HandlerFault, HandlerRule, ReportFault } from "./lint-faults.ts";
export { type LayerLint, lintHandler, lintLayers, type LintHandlerOptions } from "./lint-handler.ts";
export type { InspectOptions } from "./options.ts";
export type { ExchangeDetail, ExchangeSummary, ShownBody } from "./recording-json.ts";
