/** Gives what happens to an application's own logger, as objects. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { accessSentence } from "./access-line.ts";
import { accessForPino, type Members, recordForPino } from "./pino-record.ts";
import type { LogRecord } from "./record.ts";
import { droppedRecord } from "./records.ts";

/** What a logger of pino's is, and any other that takes an object and a sentence. */
export interface Logger {
  info(members: Readonly<Record<string, unknown>>, message: string): unknown;
  warn(members: Readonly<Record<string, unknown>>, message: string): unknown;
  error(members: Readonly<Record<string, unknown>>, message: string): unknown;
}

/**
 * Time, process and destination are the logger's. One that throws or rejects loses what it was given, nothing else
 * happens; how much is told as soon as it takes something again.
 */
export class LoggerLog {
  private readonly logger: Logger;
  private readonly log: "access" | "error";
  private dropped = 0;

  /** `log`: what it is called when something was lost. */
  constructor(logger: Logger, log: "access" | "error" = "error") {
    this.logger = logger;
    this.log = log;
  }

  /** Never throws. */
  write(record: LogRecord, _now?: Date, heldBack = 0): void {
    const { members, sentence } = recordForPino(record, heldBack);
    this.give(record.level, members, sentence);
  }

  /** Throws what an environ throws that cannot be read, nothing else. */
  access(message: ExchangeEnd): void {
    this.give("info", accessForPino(message), accessSentence(message));
  }

  /** Says what was dropped. */
  close(): void {
    this.report();
  }

  private give(level: LogRecord["level"], members: Members, sentence: string): void {
    this.report();
    if (!this.put(level, members, sentence)) this.dropped++;
  }

  private report(): void {
    const { dropped } = this;
    if (dropped === 0) return;
    this.dropped = 0;
    const { members, sentence } = recordForPino(droppedRecord(this.log, dropped), 0);
    if (!this.put("warn", members, sentence)) this.dropped += dropped;
  }

  private put(level: LogRecord["level"], members: Members, sentence: string): boolean {
    try {
      const result = this.logger[level](members, sentence);
      if (result instanceof Promise) {
        result.catch(() => {
          this.dropped++;
        });
      }
      return true;
    } catch {
      // A logger that fails is no reason to end; it may take the next one.
      return false;
    }
  }
}
