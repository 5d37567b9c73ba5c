/**
 * Answers for failures: a negotiated 500 with an id that is in the log too, and for who develops a page that shows
 * what has happened.
 *
 * Read first: `errors.ts` (what comes from where), `verdict.ts` (what a failure is for the client) and `guarded-body.ts`
 * (failures of bodies). `answer.ts` has what clients see. The page: `development.ts` gathers it (`described-error.ts`,
 * `stack.ts`, `sources.ts`), `development-page.ts` and `development-text.ts` write it. Not here: the log
 * (`AppRequest.report`) and the table of statuses (`handler/error-status.ts`).
 */
export { errors } from "./errors.ts";
export type { AboutError, ErrorHook, ErrorsOptions, Problem, RenderHook } from "./options.ts";
