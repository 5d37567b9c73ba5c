/** A recording, read line by line: one line is in memory at a time. */
import { createReadStream } from "node:fs";
import { badCapture } from "./bad-capture.ts";
import { parseExchange, parseHeader, type RecordedExchange, type RecordingHeader } from "./record-format.ts";

export interface ReadRecordingOptions {
  /** Told of the header, before the first exchange. */
  readonly onHeader?: (header: RecordingHeader) => void;
  /** Told when the last line is not whole; it is left out. */
  readonly onNotice?: (text: string) => void;
}

/** Longer lines are no records: our own are shorter by what is kept of an exchange. */
const MOST_LINE_BYTES = 256 * 1024 * 1024;
const LF = 10;

/** The exchanges, in the order of the file. Throws a ProtocolError (`UWSGI_BAD_CAPTURE`), and as the system does. */
export async function* readRecording(
  path: string,
  { onHeader, onNotice }: ReadRecordingOptions = {},
): AsyncGenerator<RecordedExchange, void> {
  let line = 0;
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 262_144 })) {
    const bytes = chunk as Buffer;
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      const text = Buffer.concat([...waiting.splice(0), bytes.subarray(at, end)]).toString("utf8");
      waitingBytes = 0;
      at = end + 1;
      line++;
      if (line > 1) {
        yield parseExchange(text, line);
        continue;
      }
      const header = parseHeader(text);
      onHeader?.(header);
    }
    waiting.push(bytes.subarray(at));
    waitingBytes += bytes.length - at;
    if (waitingBytes > MOST_LINE_BYTES) throw badCapture(`line ${line + 1} has more than ${MOST_LINE_BYTES} bytes`);
  }
  if (line === 0) throw badCapture("not a recording: it has no whole line");
  if (waitingBytes > 0) onNotice?.(`line ${line + 1} is not whole: it was being written when the recorder was stopped`);
}
