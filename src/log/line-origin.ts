/** Which process writes a line. Structured lines say so, for several may write to one file. */
export interface LineOrigin {
  readonly pid: number;
  /** Its place among the workers of a manager, from 1; undefined outside of workers. */
  readonly worker: number | undefined;
}

/** This process, as the worker that it is. */
export function originOf(worker: number | undefined): LineOrigin {
  return { pid: process.pid, worker };
}
