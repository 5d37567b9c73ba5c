/**
 * What an emperor does with its vassals: a function of what their files say, how they are, and the time. Pure.
 *
 * A vassal whose file changes is stopped, and started when it has ended; one whose file was only touched reloads; one
 * whose file is gone is stopped. What a file cannot mean changes nothing: the vassal that runs goes on.
 */
import { type Failures, startsAt } from "../../throttle.ts";

/** What a file says. */
export interface FileView {
  /** When it was changed, of whatever clock. */
  readonly changed: string;
  /** All that makes its command what it is; undefined where the file cannot be read as a vassal. */
  readonly command: string | undefined;
}

export interface VassalView {
  /** Undefined when there is no file any more. */
  readonly file: FileView | undefined;
  /** What runs: started, or last reloaded, for the file as it was then. */
  readonly running: { readonly command: string; readonly changed: string; readonly isStopping: boolean } | undefined;
  readonly failures: Failures;
  /** It has ended because somebody has told it to: it rests until its file is another one than this. */
  readonly restsFor: string | undefined;
}

export type VassalAction =
  | { readonly do: "start" | "reload" | "forget" }
  | { readonly do: "stop"; readonly because: "gone" | "changed" | "ending" }
  /** Nothing before that time. */
  | { readonly do: "wait"; readonly until: number };

/** What is to be done for one of them, if anything. */
export function planVassal(
  { file, running, failures, restsFor }: VassalView,
  isEnding: boolean,
  now: number,
): VassalAction | undefined {
  if (running === undefined) {
    if (isEnding || file === undefined) return { do: "forget" };
    if (file.command === undefined || file.changed === restsFor) return undefined;
    return startsAt(failures) > now ? { do: "wait", until: startsAt(failures) } : { do: "start" };
  }
  if (running.isStopping) return undefined;
  if (isEnding) return { do: "stop", because: "ending" };
  if (file === undefined) return { do: "stop", because: "gone" };
  if (file.command === undefined || file.changed === running.changed) return undefined;
  return file.command === running.command ? { do: "reload" } : { do: "stop", because: "changed" };
}
