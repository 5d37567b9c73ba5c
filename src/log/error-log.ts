/** Writes records, one line each, to a sink. */
import { GuardedSink, type LineSink } from "./guarded-sink.ts";
import { type ErrorFormat, formatRecord, type LogRecord } from "./record.ts";
import { droppedRecord } from "./records.ts";

export class ErrorLog {
  private readonly format: ErrorFormat;
  private readonly sink: GuardedSink;

  /** `format`: default `text`. */
  constructor(sink: LineSink, format: ErrorFormat = "text") {
    this.format = format;
    this.sink = new GuardedSink(sink, (lines) =>
      this.sink.put(formatRecord(droppedRecord("error", lines), this.format, new Date())),
    );
  }

  /** Never throws. `now`: when it happened; `heldBack`: see `formatRecord`. */
  write(record: LogRecord, now: Date = new Date(), heldBack = 0): void {
    this.sink.write(formatRecord(record, this.format, now, heldBack));
  }

  /** Says what was dropped. */
  close(): void {
    this.sink.close();
  }
}
