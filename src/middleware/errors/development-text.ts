/** What who develops is shown at a terminal, and by JSON. Pure. */
import type { Gathered, ShownError, ShownFrame } from "./development.ts";
import type { ExcerptLine } from "./excerpt.ts";
import type { Problem } from "./options.ts";

/** Text for a terminal: nothing in it can speak to that. */
export function developmentText({ problem, request, errors, environ }: Gathered): string {
  const parts = [
    `${problem.status} ${problem.title}\n${request}\nIn the log: ${problem.id}`,
    stackText(errors),
    environ.map(([name, shown]) => `${name}: ${shown}`).join("\n"),
  ];
  return `${parts.map(harmless).join("\n\n")}\n`;
}

/** The errors with their frames, and the first excerpt of each. */
export function stackText(errors: readonly ShownError[]): string {
  return errors.map(errorText).join("\n\n");
}

/** A problem (RFC 9457) with more members. */
export function developmentJson({ problem, request, errors, environ }: Gathered): string {
  const { title, status, detail, id }: Problem = problem;
  const document = {
    title,
    status,
    detail,
    id,
    request,
    errors: errors.map(({ how, name, message, facts, frames }) => ({
      ...(how === "" ? {} : { how }),
      name,
      message,
      ...Object.fromEntries(facts),
      stack: frames.map(frameText),
      excerpt: firstExcerpt(frames)?.map(lineText),
    })),
    environ: Object.fromEntries(environ),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function errorText({ how, name, message, facts, frames }: ShownError): string {
  const title = `${how === "" ? "" : `${how} `}${name}${message === "" ? "" : `: ${message}`}`;
  const excerpt = firstExcerpt(frames)?.map(lineText) ?? [];
  return [
    title,
    ...facts.map(([fact, value]) => `    ${fact}: ${value}`),
    ...(excerpt.length === 0 ? [] : ["", ...excerpt, ""]),
    ...frames.map((frame) => `    at ${frameText(frame)}`),
  ].join("\n");
}

function frameText({ call, where }: ShownFrame): string {
  return call === "" ? where : `${call} (${where})`;
}

function firstExcerpt(frames: readonly ShownFrame[]): readonly ExcerptLine[] | undefined {
  return frames.find(({ excerpt }) => excerpt !== undefined)?.excerpt;
}

function lineText({ number, text, isHere }: ExcerptLine): string {
  return `${isHere ? ">" : " "} ${String(number).padStart(5)} | ${text}`;
}

function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for.
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
