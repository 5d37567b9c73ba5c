/** `uisge replay`: sends a recording again, and says what is answered otherwise. */
import { parseArgs } from "node:util";
import {
  type Difference,
  isFilter,
  type Pace,
  readRecording,
  type RecordedExchange,
  replay,
  type ReplayResult,
  type ReplaySummary,
} from "../capture/index.ts";
import { Client } from "../client/index.ts";
import { errorCode } from "../errors.ts";
import { badInput, badOption, readNumber, readSeconds, readWhole } from "./read-options.ts";
import { isReaderGone, print } from "./standard-streams.ts";
import { readTlsFlags, tlsFlags } from "./tls-options.ts";

export const usage: string = `uisge replay: sends recorded requests again, and compares the answers

Usage: uisge replay FILE --to ADDRESS [options]
  FILE is of uisge record. Each request goes out as it was recorded; what is
  answered with another status, or not at all, is printed.

  --all                 also methods that change something (not GET, HEAD...)
  --only FILTER         METHOD, /path*, or "METHOD /path*"; again for more
  --diff                compare headers and bodies too, but Date, Set-Cookie...
  --ignore HEADER       a header that may differ; again for more
  --concurrency N       requests at a time (1; with --rate or --speed 64)
  --rate N              a second     --speed X   as recorded, X times faster
  --repeat N            so many times (1)
  --timeout SECONDS     for each request (60)
  --json                JSON lines: each difference, the summary last
  -q, --quiet           only the summary
  -k, --insecure   --cacert FILE   --cert FILE --key FILE   for suwsgi://
  -h, --help

Example:  uisge replay app.rec --to /run/new.sock --diff --only "GET /api/*"
Exit codes: 0 all is the same, 1 something is not, or an error, 64 usage,
65 FILE cannot be read, 77 no permission, 78 address not valid.
`;

const options = {
  to: { type: "string" },
  all: { type: "boolean" },
  only: { type: "string", multiple: true },
  diff: { type: "boolean" },
  ignore: { type: "string", multiple: true },
  concurrency: { type: "string" },
  rate: { type: "string" },
  speed: { type: "string" },
  repeat: { type: "string" },
  timeout: { type: "string" },
  json: { type: "boolean" },
  quiet: { type: "boolean", short: "q" },
  ...tlsFlags,
} as const;

const DIFFERENT = 1;

/** Codes of what is the file's fault, whose name none of them says. */
const unreadable: ReadonlySet<string> = new Set(["ENOENT", "EACCES", "EISDIR", "UWSGI_BAD_CAPTURE"]);

/** Resolves with the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [file, ...more] = positionals;
  const { to, only = [], ignore = [] } = values;
  if (file === undefined || more.length > 0 || to === undefined) {
    throw badOption("replay takes one FILE, and needs --to ADDRESS");
  }
  const wrong = only.find((text) => !isFilter(text));
  if (wrong !== undefined) throw badOption(`--only ${wrong}: METHOD, /path* or "METHOD /path*" is needed`);
  const concurrency = readWhole("--concurrency", values.concurrency, 1, 10_000);
  const repeat = readWhole("--repeat", values.repeat, 1) ?? 1;
  const timeoutMs = readSeconds("--timeout", values.timeout) ?? 60_000;
  const client = new Client(to, { tls: readTlsFlags(values), trustAccel: true });
  const output = new Output(values.json === true, values.quiet === true);
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
    await output.conclude(summary);
    return summary.different + summary.failed > 0 ? DIFFERENT : 0;
  } catch (error) {
    if (isReaderGone(error)) return output.hasTold ? DIFFERENT : 0;
    throw unreadable.has(errorCode(error) ?? "") ? badInput(file, error) : error;
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
  private work: Promise<void> = Promise.resolve();

  constructor(isJson: boolean, isQuiet: boolean) {
    this.isJson = isJson;
    this.isQuiet = isQuiet;
  }

  tell(result: ReplayResult): void {
    const isBad = result.differences.length > 0 || (result.error !== undefined && !result.isUncompared);
    this.hasTold ||= isBad;
    if (!isBad || this.isQuiet) return;
    const text = this.isJson ? `${JSON.stringify(result)}\n` : textOf(result);
    this.work = this.work.then(() => print(text));
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
