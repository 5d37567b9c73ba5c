/** What is seen of a command whose answer takes its time. */
import type { ControlCommand } from "../../manager/index.ts";
import { ProgressLine } from "../frame/progress-line.ts";
import { print } from "../standard-streams.ts";
import { type Answer, ask, resultLine, type ResultValues } from "./ask.ts";

/** Asks, shows on a terminal for how long by now, and says what was done. */
export async function untilDone(
  wanted: string | undefined,
  command: ControlCommand,
  words: { readonly doing: string; readonly done: string },
  { json, quiet }: ResultValues,
): Promise<number> {
  const isQuiet = quiet === true;
  const line = new ProgressLine(!isQuiet && json !== true);
  const end = line.follow((seconds) => `${words.doing}, ${seconds} s`);
  let answer: Answer;
  try {
    answer = await ask(wanted, command);
  } finally {
    end();
  }
  if (!isQuiet) await print(json === true ? resultLine(command.command, answer) : words.done);
  return 0;
}
