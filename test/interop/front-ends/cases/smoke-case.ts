/** What one entry of the smoke list is. */
import type { ExecutionContext } from "ava";
import type { ServeOptions } from "../../../../src/index.ts";
import { send } from "../../../helpers/http-client.ts";
import type { FrontEnd, FrontEndName, Over, SmokeStack } from "../stack.ts";

type Run = (t: ExecutionContext, stack: SmokeStack) => Promise<void>;

export interface SmokeCase {
  /** What holds, behind every front end that is not named below. */
  readonly rule: string;
  readonly run: Run;
  /** Front ends that cannot do it. All of them are in the table of `docs/front-ends.md`. */
  readonly unless?: readonly Difference[];
  /** Options that the server needs for it: the case then gets a front end and a server of its own. */
  readonly server?: Partial<ServeOptions>;
}

/** What comes instead behind one front end. */
export interface Difference {
  readonly frontEnd: FrontEndName;
  /** Only where it reaches the server like this. */
  readonly over?: Over;
  readonly instead: string;
  readonly why: string;
  readonly run: Run;
}

/** The difference that counts for a row, if there is one. */
export function differenceOf({ unless = [] }: SmokeCase, { name, over }: FrontEnd): Difference | undefined {
  return unless.find((one) => one.frontEnd === name && (one.over === undefined || one.over === over));
}

/** True when front end and server answer a plain request: whatever happened before has left no trace. */
export async function nextIsAnswered(t: ExecutionContext, stack: SmokeStack): Promise<void> {
  stack.application = (_environ, startResponse) => {
    startResponse("200 OK", []);
    return "the next one";
  };
  const { status, body } = await send({ port: stack.port });
  t.deepEqual([status, body.toString()], [200, "the next one"]);
}
