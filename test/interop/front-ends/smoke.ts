/** Declares one test for each case of the smoke list and row of a front end. */
import test from "ava";
import { findProgram } from "../../helpers/find-program.ts";
import { needs } from "../../helpers/needs.ts";
import { differenceOf } from "./cases/smoke-case.ts";
import { frontEnds } from "./fronts.ts";
import { smokeList } from "./smoke-list.ts";
import { type FrontEnd, type FrontEndName, type SmokeStack, startSmokeStack } from "./stack.ts";

/** Longest time of one case, so that one that hangs is named. Most take milliseconds. */
const CASE_MS = 30_000;

/** Tests of all rows of a front end. The cases of a row share one running front end, one after the other. */
export function smoke(name: FrontEndName): void {
  for (const frontEnd of frontEnds) {
    if (frontEnd.name === name) smokeRow(frontEnd);
  }
}

function smokeRow(frontEnd: FrontEnd): void {
  const { program, name, over, how } = frontEnd;
  let shared: Promise<SmokeStack> | undefined;
  const rowTest = needs(program).serial;
  const row = `${name} over ${over}${how === undefined ? "" : `, ${how}`}`;
  for (const smokeCase of smokeList) {
    const { rule, server } = smokeCase;
    const difference = differenceOf(smokeCase, frontEnd);
    rowTest(`${row}: ${difference?.instead ?? rule}`, async (t) => {
      t.timeout(CASE_MS);
      const stack = await (server === undefined
        ? (shared ??= startSmokeStack(frontEnd))
        : startSmokeStack(frontEnd, server));
      stack.errors.length = 0;
      try {
        await (difference ?? smokeCase).run(t, stack);
      } catch (error) {
        t.log(`${stack.errors.join("")}${await stack.errorLog()}`);
        throw error;
      } finally {
        if (server !== undefined) await stack.stop();
      }
    });
  }
  if (findProgram(program) !== undefined) test.after.always(async () => (await shared)?.stop());
}
