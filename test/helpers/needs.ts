/** Tests that need a program which not every machine has. */
import test, { type ImplementationFn } from "ava";
import { findProgram } from "./find-program.ts";

type Declare = (title: string, implementation: ImplementationFn<[]>) => void;

/** Declares a test, or a skipped one. */
export interface ConditionalTest extends Declare {
  readonly serial: Declare;
}

/**
 * `test` when all programs are installed. Otherwise the tests are skipped and their titles begin
 * with `[needs NAME] `, which is what the summary of the test run counts by.
 *
 *     const nginxTest = needs("nginx");
 *     nginxTest("nginx relays a status it does not know", async (t) => { ... });
 */
export function needs(...programs: string[]): ConditionalTest {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length === 0) {
    return Object.assign(declare, { serial: declareSerial });
  }
  const skip: Declare = (title, implementation) => test.skip(`[needs ${missing.join(", ")}] ${title}`, implementation);
  return Object.assign(skip, { serial: skip });
}

function declare(title: string, implementation: ImplementationFn<[]>): void {
  test(title, implementation);
}

function declareSerial(title: string, implementation: ImplementationFn<[]>): void {
  test.serial(title, implementation);
}
