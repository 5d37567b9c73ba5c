/** What a program has printed, as records of the master's log. Pure. */
import { escapeText, type LogRecord } from "../../log/index.ts";
import type { OutputLine } from "./output-lines.ts";

export type OutputStream = "stdout" | "stderr";

/** Who prints. */
export interface OutputSource {
  /** First part of the event. */
  readonly kind: "worker" | "program";
  /** In brackets before the line, in text. */
  readonly name: string;
  /** What says the same in JSON. */
  readonly members: Readonly<Record<string, string | number>>;
}

/** What is told of a stream. */
export type Printed =
  | ({ readonly kind: "line"; readonly stream: OutputStream } & OutputLine)
  /** More than may be in a second. `hasLast`: the last of them follow. */
  | { readonly kind: "left-out"; readonly stream: OutputStream; readonly lines: number; readonly hasLast: boolean };

const names: Readonly<Record<OutputStream, string>> = { stdout: "standard output", stderr: "standard error" };

/** Node warns and ends there; what is no error is written there, too. */
const levels: Readonly<Record<OutputStream, LogRecord["level"]>> = { stdout: "info", stderr: "warn" };

/** `format`: in text the source stands before the line, an object has members for that. */
export function printedRecord(source: OutputSource, printed: Printed, format: string): LogRecord {
  const { stream } = printed;
  const before = format === "text" ? `[${escapeText(source.name)}] ` : "";
  if (printed.kind === "left-out") {
    const { lines, hasLast } = printed;
    const text = `${before}${lines} lines of its ${names[stream]} were left out, more than may be in a second`;
    return {
      level: "warn",
      event: `${source.kind}:flood`,
      text: hasLast ? `${text}; behind this are the last that were` : text,
      members: { ...source.members, stream, lines },
    };
  }
  const { part, goesOn } = printed;
  const from = part > 1 && format === "text" ? "... " : "";
  const to = goesOn && format === "text" ? " ..." : "";
  return {
    level: levels[stream],
    event: `${source.kind}:${stream}`,
    text: `${before}${from}${lineText(printed.bytes)}${to}`,
    members: part === 0 ? source.members : { ...source.members, part, parts: goesOn ? undefined : part },
  };
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Colours are taken out, all else that a terminal may obey is written as `\xHH`; what is no UTF-8 becomes U+FFFD. */
function lineText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  return escapeText(text.includes(ESCAPE) ? text.replace(COLOURS, "") : text);
}

const ESCAPE = "\x1b";

/** Select Graphic Rendition of ECMA-48. */
// oxlint-disable-next-line no-control-regex -- it is what is looked for
const COLOURS = /\x1b\[[0-9;:]*m/g;
