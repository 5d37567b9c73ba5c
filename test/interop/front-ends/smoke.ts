/** Declares one test for each case of the smoke list and row of a front end. */
import test from "ava";
import { needs } from "../../helpers/needs.ts";
import { differenceOf } from "./cases/smoke-case.ts";
import { smokeList } from "./smoke-list.ts";
import { type FrontEnd, type SmokeStack, startSmokeStack } from "./stack.ts";

/** Longest time of one case, so that one that hangs is named. Most take milliseconds. */
const CASE_MS = 50_000;

/** Tests of some rows. The cases of a row share one running front end, one after the other. */
export function smoke(...rows: readonly FrontEnd[]): void {
  for (const row of rows) smokeRow(row);
}

function smokeRow(frontEnd: FrontEnd): void {
  const { programs, name, over, how } = frontEnd;
  let shared: Promise<SmokeStack> | undefined;
  const rowTest = needs(...programs).serial;
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
  test.after.always(async () => (await shared)?.stop());
}
