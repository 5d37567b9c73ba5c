/**
 * Packets for people: decoded, recorded, replayed.
 *
 * Read first: `parts.ts` (what is seen in a stream), then `decode-stream.ts`. `format-text.ts` and `format-json.ts` write
 * it, `parse-text.ts` and `format-json.ts` read it again; `read-capture.ts` finds the streams in a file: `read-hex.ts`,
 * `read-pcap.ts`, `tcp-segment.ts`, `tcp-streams.ts`. `redact.ts` hides secrets.
 *
 * Of recording `record-format.ts` is the file, `recorder.ts` who listens; `pipe.ts` passes on, `tape.ts` keeps,
 * `recording-file.ts` writes. Of replaying `replay-plan.ts` chooses, `compare-responses.ts` compares, `replay.ts` sends.
 * Not here: how packets are encoded (`codec`), and what answers them (`server`).
 */
export { type ComparedResponse, compareResponses, type Difference, volatileHeaders } from "./compare-responses.ts";
export { decodeStream, type DecodeOptions, isSound } from "./decode-stream.ts";
export { type Json, parseJson, toJson } from "./format-json.ts";
export { familyOf, type FormatOptions, formatText } from "./format-text.ts";
export { parseText } from "./parse-text.ts";
export type { BodyPart, DecodedStream, Fault, PacketPart, Part, Payload, RawPart, ResponsePart } from "./parts.ts";
export { type CaptureForm, type CaptureOptions, decodeCapture } from "./read-capture.ts";
export { readRecording, type ReadRecordingOptions } from "./read-recording.ts";
export {
  isRecording,
  type RecordedBytes,
  type RecordedEnd,
  type RecordedExchange,
  type RecordingHeader,
} from "./record-format.ts";
export { Recorder, type RecorderCounts, type RecorderOptions } from "./recorder.ts";
export type { RecordingFileOptions } from "./recording-file.ts";
export { isSecret, redactPart } from "./redact.ts";
export { replay, type ReplayOptions, type ReplayResult, type ReplaySummary } from "./replay.ts";
export { isFilter, type Pace, type ReplayFilter, type Skip } from "./replay-plan.ts";
