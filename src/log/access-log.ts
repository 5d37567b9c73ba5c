/** What takes requests that have ended: lines in a sink, or an application's own logger. */
import type { ExchangeEnd } from "../diagnostics.ts";
import { type AccessFormat, type AccessFormatter, accessFormatter } from "./formats.ts";
import { GuardedSink, type LineSink } from "./guarded-sink.ts";
import { LineGatherer } from "./line-gatherer.ts";
import { originOf } from "./line-origin.ts";
import { type Logger, LoggerLog } from "./logger-log.ts";
import type { RecordLog } from "./record-log.ts";
import { droppedRecord } from "./records.ts";

export interface AccessLog {
  /** Throws what an environ throws that cannot be read, nothing else. */
  access(message: ExchangeEnd): void;
  /** Writes what waits, and says what was dropped. */
  close(): void;
}

export interface AccessLogOptions {
  readonly access?: LineSink | false;
  readonly accessFormat?: AccessFormat;
  readonly logger?: Logger;
  readonly worker?: number;
}

/** Where requests go by these options; undefined: nowhere. `errorLog` is told of lines that were dropped. */
export function accessLogOf(options: AccessLogOptions, errorLog: RecordLog | undefined): AccessLog | undefined {
  const { access, accessFormat = "combined", logger, worker } = options;
  if (access === false) return undefined;
  if (access !== undefined) return new AccessLines(access, accessFormatter(accessFormat, originOf(worker)), errorLog);
  return logger === undefined ? undefined : new LoggerLog(logger, "access");
}

class AccessLines implements AccessLog {
  private readonly sink: GuardedSink;
  private readonly lines: LineGatherer;
  private readonly format: AccessFormatter;
  private readonly target: Pick<GuardedSink, "write">;

  constructor(access: LineSink, format: AccessFormatter, errorLog: RecordLog | undefined) {
    this.format = format;
    // The access log itself holds requests alone: a notice would be a line that its readers do not know.
    this.sink = new GuardedSink(access, (lines) => {
      errorLog?.write(droppedRecord("access", lines));
      return true;
    });
    this.lines = new LineGatherer(this.sink);
    this.target = this.sink.isOfBytes ? this.lines : this.sink;
  }

  access(message: ExchangeEnd): void {
    this.target.write(this.format(message, new Date()));
  }

  close(): void {
    this.lines.flush();
    this.sink.close();
  }
}
