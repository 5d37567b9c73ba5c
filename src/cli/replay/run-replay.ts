/** What `uisge replay` does: sends a recording again, and says what is answered otherwise. */
import {
  type Difference,
  isFilter,
  type Pace,
  readRecording,
  type RecordedExchange,
  replay,
  type ReplayResult,
  type ReplaySummary,
} from "../../capture/index.ts";
import { Client } from "../../client/index.ts";
import { errorCode } from "../../errors.ts";
import { badInput, badOption, readNumber, readSeconds, readWhole } from "../read-options.ts";
import { isReaderGone, print } from "../standard-streams.ts";
import type { ReplayValues } from "../replay-command.ts";
import { readTlsFlags } from "../tls-options.ts";
import { ProgressLine } from "../frame/progress-line.ts";

const DIFFERENT = 1;

/** Codes of what is the file's fault, whose name none of them says. */
const unreadable: ReadonlySet<string> = new Set(["ENOENT", "EACCES", "EISDIR", "UWSGI_BAD_CAPTURE"]);

/** Resolves with the exit code. */
export async function runReplay(file: string, values: ReplayValues): Promise<number> {
  const { to, only = [], ignore = [] } = values;
  if (to === undefined) throw badOption("replay needs --to ADDRESS");
  const wrong = only.find((text) => !isFilter(text));
  if (wrong !== undefined) throw badOption(`--only ${wrong}: METHOD, /path* or "METHOD /path*" is needed`);
  const concurrency = readWhole("--concurrency", values.concurrency, 1, 10_000);
  const repeat = readWhole("--repeat", values.repeat, 1) ?? 1;
  const timeoutMs = readSeconds("--timeout", values.timeout) ?? 60_000;
  const client = new Client(to, { tls: readTlsFlags(values), trustAccel: true });
  const progress = new ProgressLine(values.json !== true && values.quiet !== true);
  const output = new Output(values.json === true, values.quiet === true, progress);
  const end = progress.follow((seconds) => output.progressText(seconds));
  try {
    const summary = await replay(repeated(file, repeat), client, {
      all: values.all === true,
      only,
      diff: values.diff === true,
      timeoutMs,
      ignore: new Set(ignore.map((name) => name.toLowerCase())),
      pace: readPace(values.rate, values.speed),
      ...(concurrency === undefined ? {} : { concurrency }),
      onResult: (result) => output.tell(result),
    });
    end();
    await output.conclude(summary);
    return summary.different + summary.failed > 0 ? DIFFERENT : 0;
  } catch (error) {
    if (isReaderGone(error)) return output.hasTold ? DIFFERENT : 0;
    throw unreadable.has(errorCode(error) ?? "") ? badInput(file, error) : error;
  } finally {
    end();
  }
}

function readPace(rate: string | undefined, speed: string | undefined): Pace {
  if (rate !== undefined && speed !== undefined) throw badOption("--rate and --speed: one of them is needed");
  const perSecond = readNumber("--rate", rate, "a number of requests");
  const times = readNumber("--speed", speed, "a factor");
  if (perSecond === 0 || times === 0) throw badOption("--rate and --speed are more than 0");
  if (perSecond !== undefined) return { kind: "rate", perSecond };
  return times === undefined ? { kind: "free" } : { kind: "speed", times };
}

async function* repeated(file: string, times: number): AsyncGenerator<RecordedExchange, void> {
  let offsetMs = 0;
  for (let i = 0; i < times; i++) {
    let lastMs = 0;
    const notices = {
      onNotice: (text: string) => process.stderr.write(`uisge replay: ${file}: ${text}\n`),
      onHeader: ({ redacted }: { readonly redacted: boolean }) => {
        if (redacted)
          process.stderr.write(`uisge replay: ${file}: secrets were hidden in it, and go out as asterisks\n`);
      },
    };
    for await (const exchange of readRecording(file, i === 0 ? notices : {})) {
      lastMs = exchange.startMs;
      yield i === 0 ? exchange : { ...exchange, startMs: exchange.startMs + offsetMs };
    }
    // The next round follows as the last exchange of this one does.
    offsetMs += lastMs;
  }
}

/** Lines in the order in which they come, and the reader's pace for the last. */
class Output {
  private readonly isJson: boolean;
  private readonly isQuiet: boolean;
  hasTold = false;
  private answered = 0;
  private bad = 0;
  private readonly progress: ProgressLine;
  private work: Promise<void> = Promise.resolve();

  constructor(isJson: boolean, isQuiet: boolean, progress: ProgressLine) {
    this.isJson = isJson;
    this.isQuiet = isQuiet;
    this.progress = progress;
  }

  /** How far it is. */
  progressText(seconds: number): string {
    return `${this.answered} answered, ${this.bad} of them not as recorded, ${seconds} s`;
  }

  tell(result: ReplayResult): void {
    const isBad = result.differences.length > 0 || (result.error !== undefined && !result.isUncompared);
    this.hasTold ||= isBad;
    this.answered++;
    if (isBad) this.bad++;
    if (!isBad || this.isQuiet) return;
    const text = this.isJson ? `${JSON.stringify(result)}\n` : textOf(result);
    this.work = this.work.then(() => {
      // Both may be the same terminal.
      this.progress.clear();
      return print(text);
    });
    // Told at the end; until then the requests go on.
    this.work.catch(() => {});
  }

  async conclude(summary: ReplaySummary): Promise<void> {
    await this.work;
    await print(this.isJson ? `${JSON.stringify({ summary })}\n` : summaryText(summary));
  }
}

function textOf({ n, method, uri, differences, error }: ReplayResult): string {
  const what = error === undefined ? "" : `: no answer: ${error.message} (${error.code})`;
  const lines = differences.map((difference) => `  ${describe(difference)}\n`);
  return visible(`#${n} ${method} ${uri}${what}\n${lines.join("")}`);
}

function describe(difference: Difference): string {
  if (difference.in === "status") return `status ${difference.recorded} is now ${difference.now}`;
  if (difference.in === "header") {
    const { name, recorded, now } = difference;
    const show = (value: string | undefined): string => (value === undefined ? "absent" : JSON.stringify(value));
    return `header ${name}: ${show(recorded)} is now ${show(now)}`;
  }
  const { offset, recordedBytes, nowBytes } = difference;
  return `body: differs from byte ${offset} on, ${recordedBytes} bytes were compared with ${nowBytes}`;
}

const skipTexts = {
  unsafe: "change something (--all)",
  filtered: "left out by --only",
  cut: "not recorded whole",
  "not-a-request": "no requests",
} as const;

function summaryText({ sent, same, different, failed, uncompared, skipped, ms }: ReplaySummary): string {
  const reasons = Object.entries(skipTexts).flatMap(([why, text]) => {
    const count = skipped[why as keyof typeof skipTexts];
    return count === 0 ? [] : [`${count} ${text}`];
  });
  const rate = ms > 0 ? (sent / ms) * 1_000 : 0;
  return (
    `${sent} sent in ${(ms / 1_000).toFixed(2)} s (${rate.toFixed(0)} a second): ${same} the same, ${different} different, ` +
    `${failed} not answered${uncompared === 0 ? "" : `, ${uncompared} without a recorded answer`}\n` +
    (reasons.length === 0 ? "" : `not sent: ${reasons.join(", ")}\n`)
  );
}

/** Without what a terminal would obey. */
function visible(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff\n]/g, ".");
}
