/** The page for who develops: whole without scripts, and without anything from elsewhere. Pure. */
import { escapeHtml } from "../html.ts";
import type { Gathered, ShownError, ShownFrame } from "./development.ts";
import { stackText } from "./development-text.ts";
import type { ExcerptLine } from "./excerpt.ts";
import { pageStyle } from "./page-style.ts";

export { pageStyle };

/** Writes the page. */
export function developmentPage({ problem, request, errors, environ }: Gathered): string {
  const { status, title, id } = problem;
  const [first, ...more] = errors;
  const heading = first === undefined ? "" : headingOf(first);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${status} ${first?.name ?? title}`)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header><div>
<p>${status} ${escapeHtml(title)} &middot; <code>${escapeHtml(request)}</code></p>
<h1>${heading}</h1>
<p>In the log: <code>${escapeHtml(id ?? "")}</code></p>
</div></header>
<main>
${first === undefined ? "" : `${factsOf(first)}<h2>Stack</h2>\n${framesOf(first.frames)}`}
${more.map(causeOf).join("\n")}
<h2>Environ</h2>
<details class="all"><summary>${environ.length} variables, secrets redacted</summary>
${tableOf(environ)}
</details>
<details class="all"><summary>All as text</summary>
<pre class="plain">${escapeHtml(stackText(errors))}</pre>
</details>
<footer>This page is for development only (<code>errors({ development: true })</code>). uisge on Node.js ${escapeHtml(process.version)}</footer>
</main>
</body>
</html>
`;
}

function headingOf({ name, message }: ShownError): string {
  return message === ""
    ? `<b>${escapeHtml(name)}</b>`
    : `<b>${escapeHtml(name)}:</b> <span>${escapeHtml(message)}</span>`;
}

function causeOf(error: ShownError): string {
  return `<h2><i>${escapeHtml(error.how)}</i> ${headingOf(error)}</h2>\n${factsOf(error)}${framesOf(error.frames)}`;
}

function factsOf({ facts }: ShownError): string {
  return facts.length === 0 ? "" : tableOf(facts, "facts");
}

function tableOf(pairs: readonly (readonly [string, string])[], className?: string): string {
  const rows = pairs.map(
    ([name, value]) =>
      `<tr><th scope="row"><code>${escapeHtml(name)}</code></th><td><code>${escapeHtml(value)}</code></td></tr>`,
  );
  return `<table${className === undefined ? "" : ` class="${className}"`}>\n${rows.join("\n")}\n</table>\n`;
}

/** Frames of the application each, those of others together. The first excerpt is open. */
function framesOf(frames: readonly ShownFrame[]): string {
  const parts: string[] = [];
  let isOpen = false;
  for (let i = 0; i < frames.length;) {
    const behind = frames.findIndex((frame, at) => at > i && frame.isOwn !== frames[i]?.isOwn);
    const group = frames.slice(i, behind < 0 ? frames.length : behind);
    i += group.length;
    if (group[0]?.isOwn !== true) {
      parts.push(othersOf(group));
      continue;
    }
    for (const frame of group) {
      parts.push(ownFrame(frame, !isOpen));
      if (frame.excerpt !== undefined) isOpen = true;
    }
  }
  return parts.join("\n");
}

function othersOf(group: readonly ShownFrame[]): string {
  const items = group.map((frame) => `<li>${titleOf(frame)}</li>`).join("\n");
  const what = group.length === 1 ? "1 frame" : `${group.length} frames`;
  return `<details class="rest"><summary>${what} of Node.js and packages</summary>\n<ul>\n${items}\n</ul></details>`;
}

function ownFrame(frame: ShownFrame, isOpen: boolean): string {
  const { excerpt } = frame;
  if (excerpt === undefined) return `<div class="place">${titleOf(frame)}</div>`;
  const lines = excerpt.map(lineOf).join("");
  return `<details class="frame"${isOpen ? " open" : ""}><summary>${titleOf(frame)}</summary><pre>${lines}</pre></details>`;
}

function titleOf({ call, where }: ShownFrame): string {
  const place = `<span class="where">${escapeHtml(where)}</span>`;
  return call === "" ? place : `${escapeHtml(call)} ${place}`;
}

function lineOf({ number, text, isHere, column = 0 }: ExcerptLine): string {
  if (!isHere) return `<span><i>${number}</i>${escapeHtml(text)}</span>`;
  const word = /^(?:[\w$]+|.)/su.exec(text.slice(column))?.[0] ?? "";
  const marked = word === "" ? "" : `<mark>${escapeHtml(word)}</mark>`;
  const [before, behind] = [text.slice(0, column), text.slice(column + word.length)];
  return `<span class="here"><i>${number}</i>${escapeHtml(before)}${marked}${escapeHtml(behind)}</span>`;
}
