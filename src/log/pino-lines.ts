/** Lines that pino writes. It is loaded only where a log is to have its format. */
import { createRequire } from "node:module";
import { hostname } from "node:os";
import type { Logger, pino } from "pino";
import type { ExchangeEnd } from "../diagnostics.ts";
import { errorCode, UwsgiError } from "../errors.ts";
import { accessSentence } from "./access-line.ts";
import { escapeJson } from "./escape.ts";
import type { LineOrigin } from "./line-origin.ts";
import { accessForPino, type Members, recordForPino } from "./pino-record.ts";
import type { LogRecord } from "./record.ts";

const require = createRequire(import.meta.url);

/** Answers lines instead of writing them: what stands between a server and its log is the same for all formats. */
export class PinoLines {
  private readonly logger: Logger;
  /** What pino has written last. */
  private line = "";
  /** Milliseconds since the epoch at which it happened. */
  private at = 0;

  /** Throws a UwsgiError (`UWSGI_PACKAGE_MISSING`) where pino is not installed. */
  constructor({ pid, worker }: LineOrigin) {
    const write = (line: string): void => {
      this.line = line;
    };
    this.logger = loadPino()(
      {
        level: "info",
        base: { pid, hostname: hostname(), ...(worker === undefined ? {} : { worker }) },
        timestamp: () => `,"time":${this.at}`,
        // It is described already.
        serializers: { err: (error: unknown) => error },
      },
      { write },
    );
  }

  /** `heldBack`: see `formatRecord`. */
  record(record: LogRecord, now: Date, heldBack: number): string {
    const { members, sentence } = recordForPino(record, heldBack);
    return this.lineOf(record.level, members, sentence, now);
  }

  access(message: ExchangeEnd, now: Date): string {
    return this.lineOf("info", accessForPino(message), accessSentence(message), now);
  }

  private lineOf(level: LogRecord["level"], members: Members, sentence: string, now: Date): string {
    this.at = now.getTime();
    this.logger[level](members, sentence);
    return escapeJson(this.line.trimEnd());
  }
}

/** Throws a UwsgiError (`UWSGI_PACKAGE_MISSING`) where pino is not installed, without loading it. */
export function checkPino(): void {
  orMissing(() => require.resolve("pino"));
}

function loadPino(): typeof pino {
  return orMissing(() => require("pino") as typeof pino);
}

/** Not by import(): a log is there from the first line on. */
function orMissing<Result>(load: () => Result): Result {
  try {
    return load();
  } catch (error) {
    if (errorCode(error) !== "MODULE_NOT_FOUND" || !String(error).includes("'pino'")) throw error;
    throw new UwsgiError("the log format pino needs the package pino, which is not installed: npm install pino", {
      code: "UWSGI_PACKAGE_MISSING",
      cause: error,
    });
  }
}
