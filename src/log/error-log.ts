/** Writes records, one line each, to a sink. */
import { type ErrorFormat, type RecordFormatter, recordFormatter } from "./formats.ts";
import { GuardedSink, type LineSink } from "./guarded-sink.ts";
import { originOf } from "./line-origin.ts";
import type { LogRecord } from "./record.ts";
import { droppedRecord } from "./records.ts";

export class ErrorLog {
  private readonly format: RecordFormatter;
  private readonly sink: GuardedSink;

  /**
   * `format`: default `text`. `worker`: the id of this process among the workers of a manager. Throws a UwsgiError
   * (`UWSGI_PACKAGE_MISSING`) where pino is wanted and not installed.
   */
  constructor(sink: LineSink, format: ErrorFormat = "text", worker?: number) {
    this.format = recordFormatter(format, originOf(worker));
    this.sink = new GuardedSink(sink, (lines) =>
      this.sink.put(this.format(droppedRecord("error", lines), new Date(), 0)),
    );
  }

  /** Never throws. `now`: when it happened; `heldBack`: see `formatRecord`. */
  write(record: LogRecord, now: Date = new Date(), heldBack = 0): void {
    this.sink.write(this.format(record, now, heldBack));
  }

  /** Says what was dropped. */
  close(): void {
    this.sink.close();
  }
}
