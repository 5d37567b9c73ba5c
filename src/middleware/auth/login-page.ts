/** The login page: plain HTML without script, and nothing from elsewhere. Pure. */
import { createHash } from "node:crypto";
import type { Header } from "../../codec/index.ts";

/** Why the page is there again. */
export type LoginProblem = "wrong" | "throttled" | "busy" | "stale";

/** What a page has to say, and its form to send. */
export interface LoginPage {
  readonly title: string;
  /** Where the form goes, by POST. Its fields: `username`, `password`, and those of `hidden`. */
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
  /** The name that was given before. */
  readonly username: string;
  readonly problem: LoginProblem | undefined;
  /** With `throttled` and `busy`. */
  readonly retryAfterSeconds: number | undefined;
}

const problems: Readonly<Record<LoginProblem, string>> = {
  wrong: "That name and password do not belong together.",
  throttled: "There were too many failures. Please wait a while, then try again.",
  busy: "The server is busy. Please try again in a moment.",
  stale: "This page was too old, or your browser sends no cookies. Please try again.",
};

const STYLE =
  "body{font:1rem/1.5 system-ui,sans-serif;margin:0;display:grid;place-items:center;min-height:100vh;" +
  "color:#1b1b1b;background:#f5f5f5}main{width:min(22rem,90vw)}h1{font-size:1.5rem}" +
  "label{display:block;margin:1rem 0 .25rem}input,button{font:inherit;box-sizing:border-box;width:100%;padding:.5rem;" +
  "border:1px solid #757575;border-radius:.25rem}button{margin-top:1.5rem;border:0;color:#fff;background:#1d4f91}" +
  "[role=alert]{padding:.5rem;border-left:.25rem solid #b00020;background:#fff}";

/** The page as HTML. */
export function loginPage({ title, action, hidden, username, problem }: LoginPage): string {
  const fields = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${html(name)}" value="${html(value)}">`,
  );
  const alert = problem === undefined ? "" : `<p role="alert" id="problem">${html(problems[problem])}</p>\n`;
  const described = problem === undefined ? "" : ' aria-describedby="problem"';
  // Who has given a name goes on at the password.
  const [atName, atPassword] = username === "" ? [" autofocus", ""] : ["", " autofocus"];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${html(title)}</h1>
${alert}<form method="post" action="${html(action)}">
${fields.join("\n")}
<label for="username">Name</label>
<input id="username" name="username" value="${html(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${described}${atName}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}${atPassword}>
<button type="submit">Log in</button>
</form>
</main>
</body>
</html>
`;
}

const COMMON = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** The headers of a page; `isOurs`: nothing but what stands in ours may be loaded. */
export function pageHeaders(isOurs: boolean): Header[] {
  return [
    ["Content-Type", "text/html; charset=utf-8"],
    ["Cache-Control", "no-store"],
    ["Content-Security-Policy", isOurs ? `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; ${COMMON}` : COMMON],
    // Not no-referrer: with it browsers send "Origin: null" with the form.
    ["Referrer-Policy", "same-origin"],
    ["X-Content-Type-Options", "nosniff"],
  ];
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
