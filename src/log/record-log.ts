/** What takes records: lines in a sink, or an application's own logger. */
import { ErrorLog } from "./error-log.ts";
import type { ErrorFormat } from "./formats.ts";
import type { LineSink } from "./guarded-sink.ts";
import { type Logger, LoggerLog } from "./logger-log.ts";
import type { LogRecord } from "./record.ts";

export interface RecordLog {
  /** Never throws. `now`: when it happened; `heldBack`: see `formatRecord`. */
  write(record: LogRecord, now?: Date, heldBack?: number): void;
  /** Says what was dropped. */
  close(): void;
}

export interface RecordLogOptions {
  readonly errors?: LineSink;
  readonly errorFormat?: ErrorFormat;
  readonly logger?: Logger;
  readonly worker?: number;
}

/** Where records go by these options; undefined: nowhere. */
export function recordLogOf({ errors, errorFormat, logger, worker }: RecordLogOptions): RecordLog | undefined {
  if (errors !== undefined) return new ErrorLog(errors, errorFormat, worker);
  return logger === undefined ? undefined : new LoggerLog(logger);
}
