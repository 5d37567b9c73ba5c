/** One `-F`: `name=content`, `name=@file`, `name=<file`, each with `;type=` and `;filename=`. */
import { basename, extname } from "node:path";
import { usageFailure } from "./curl-options.ts";
import type { Piece } from "./request-body.ts";

export interface FormPart {
  /** Header lines, each with its end. */
  readonly head: string;
  readonly pieces: readonly Piece[];
}

/** The types that curl knows by a file's name. */
const types: ReadonlyMap<string, string> = new Map([
  [".gif", "image/gif"],
  [".jpg", "image/jpeg"],
  [".jpeg", "image/jpeg"],
  [".png", "image/png"],
  [".svg", "image/svg+xml"],
  [".txt", "text/plain"],
  [".htm", "text/html"],
  [".html", "text/html"],
  [".pdf", "application/pdf"],
  [".xml", "application/xml"],
]);

/** `isLiteral`: `--form-string`, where `@`, `<` and `;` mean nothing. */
export async function readFormPart(
  text: string,
  isLiteral: boolean,
  pieceOf: (file: string) => Promise<Piece>,
): Promise<FormPart> {
  const equals = text.indexOf("=");
  if (equals < 0) throw usageFailure(`-F ${JSON.stringify(text.slice(0, 80))}: NAME=CONTENT is needed`);
  const name = text.slice(0, equals);
  const given = text.slice(equals + 1);
  const { content, parameters } = isLiteral ? { content: given, parameters: new Map<string, string>() } : split(given);
  const type = parameters.get("type");
  const isFile = !isLiteral && content.startsWith("@");
  const isSource = !isLiteral && content.startsWith("<");
  const file = content.slice(1);
  const fileName = parameters.get("filename") ?? (isFile ? basename(file) : undefined);
  const kind = type ?? (isFile ? (types.get(extname(file).toLowerCase()) ?? "application/octet-stream") : undefined);
  const named = fileName === undefined ? "" : `; filename="${escape(fileName)}"`;
  const typed = kind === undefined ? "" : `Content-Type: ${kind.replace(/[\r\n]/g, "")}\r\n`;
  const head = `Content-Disposition: form-data; name="${escape(name)}"${named}\r\n${typed}`;
  return { head, pieces: [isFile || isSource ? await pieceOf(file) : Buffer.from(content, "utf8")] };
}

/** Content, plain or in double quotes, and the parameters behind it that mean something. */
function split(text: string): { content: string; parameters: Map<string, string> } {
  const parameters = new Map<string, string>();
  let content = text;
  for (;;) {
    // The last one first: the value of a type may have parameters of its own.
    const match = /^(.*);\s*(type|filename)=("(?:[^"\\]|\\.)*"|.*)$/is.exec(content);
    if (match === null) break;
    parameters.set((match[2] ?? "").toLowerCase(), unquote(match[3] ?? ""));
    content = match[1] ?? "";
  }
  const marked = /^([@<]?)("(?:[^"\\]|\\.)*")$/s.exec(content);
  return { content: marked === null ? content : `${marked[1]}${unquote(marked[2] ?? "")}`, parameters };
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text.trim();
}

/** As browsers and curl since 7.81 do (WHATWG HTML 4.10.21.8). */
function escape(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
