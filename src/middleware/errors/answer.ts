/** The answer to a failure, in the form that the client takes. */
import { createHash } from "node:crypto";
import { type Header, reasons } from "../../codec/index.ts";
import type { AppRequest, AppResponse } from "../../handler/index.ts";
import { escapeHtml } from "../html.ts";
import { bestType } from "../negotiate.ts";
import type { Gathered } from "./development.ts";
import { developmentPage, pageStyle } from "./development-page.ts";
import { developmentJson, developmentText } from "./development-text.ts";
import type { Problem } from "./options.ts";
import type { Verdict } from "./verdict.ts";

/** The first where the client takes all, as terminals do. Browsers say that they would rather have HTML. */
const forms: ReadonlyMap<string, Problem["type"]> = new Map([
  ["text/plain", "text"],
  ["text/html", "html"],
  ["application/problem+json", "json"],
  ["application/json", "json"],
] as const);

const offered = [...forms.keys()];

export class ErrorAnswer {
  readonly problem: Problem;
  private readonly headers: readonly Header[];

  constructor({ environ, id }: AppRequest, { status, detail, headers }: Verdict) {
    // Who takes none of them gets something all the same (RFC 9110 12.4.1).
    const mediaType = bestType(environ["HTTP_ACCEPT"], offered) ?? "text/plain";
    const type = forms.get(mediaType) ?? "text";
    const title = reasons.get(status) ?? "Error";
    this.problem = { status, title, detail, id: status >= 500 ? id : undefined, type, environ };
    this.headers = [
      ["Content-Type", type === "json" ? mediaType : `${mediaType}; charset=utf-8`],
      ["Cache-Control", "no-store"],
      ["Vary", "Accept"],
      ["X-Content-Type-Options", "nosniff"],
      ...headers,
    ];
  }

  /** The usual one; its head alone for HEAD. */
  plain(isHead = false): AppResponse {
    return this.response(isHead ? null : plainBody(this.problem), plainPolicy);
  }

  /** With what the application's own `render` has written; undefined: the usual one. Throws for what is no text. */
  rendered(body: string | undefined): AppResponse {
    if (body === undefined) return this.plain();
    if (typeof body !== "string") throw new TypeError(`render gave ${body === null ? "null" : typeof body}, no string`);
    return this.response(body, undefined);
  }

  /** For who develops. */
  shown(gathered: Gathered): AppResponse {
    const { type } = this.problem;
    if (type === "html") return this.response(developmentPage(gathered), developmentPolicy);
    return this.response(type === "json" ? developmentJson(gathered) : developmentText(gathered), undefined);
  }

  private response(body: string | null, policy: string | undefined): AppResponse {
    const { problem, headers } = this;
    const isWithPolicy = policy !== undefined && problem.type === "html";
    return {
      status: problem.status,
      headers: isWithPolicy ? [...headers, ["Content-Security-Policy", policy]] : headers,
      body,
    };
  }
}

function plainBody(problem: Problem): string {
  const { type } = problem;
  if (type === "html") return plainPage(problem);
  return type === "json" ? `${JSON.stringify(problemJson(problem))}\n` : plainText(problem);
}

/** The members of RFC 9457, and `id`. */
export function problemJson({ status, title, detail, id }: Problem): Record<string, unknown> {
  return { title, status, ...(detail === undefined ? {} : { detail }), ...(id === undefined ? {} : { id }) };
}

function plainText({ status, title, detail, id }: Problem): string {
  const lines = [`${status} ${title}`];
  if (detail !== undefined) lines.push(detail);
  if (id !== undefined) lines.push(`In the log of the server it is ${id}`);
  return `${lines.join("\n")}\n`;
}

const plainStyle =
  ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}" +
  "h1{font-size:1.5rem}code{font-size:.9em;overflow-wrap:anywhere}";

function plainPage({ status, title, detail, id }: Problem): string {
  const heading = escapeHtml(`${status} ${title}`);
  const lines: string[] = [];
  if (detail !== undefined) lines.push(`<p>${escapeHtml(detail)}</p>\n`);
  if (id !== undefined) lines.push(`<p>In the log of the server it is <code>${escapeHtml(id)}</code></p>\n`);
  return (
    `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${heading}</title>\n` +
    `<style>${plainStyle}</style>\n<h1>${heading}</h1>\n${lines.join("")}</html>\n`
  );
}

/** What a page of ours needs: its own style, and nothing from anywhere. */
function policyOf(style: string): string {
  const hash = createHash("sha256").update(style).digest("base64");
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

const plainPolicy = policyOf(plainStyle);
const developmentPolicy = policyOf(pageStyle);
