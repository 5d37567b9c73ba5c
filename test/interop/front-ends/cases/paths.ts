/** Odd targets: what the application sees of them, or the status with which a front end refuses. */
import { sendRaw } from "../../../helpers/http-client.ts";
import { showEnviron } from "../../../helpers/wsgi-apps.ts";
import type { FrontEndName } from "../stack.ts";
import type { SmokeCase } from "./smoke-case.ts";

/** PATH_INFO and QUERY_STRING, latin-1: one character for each byte. */
type Seen = readonly [pathInfo: string, queryString: string];

/** What comes of a target: vars in the application, or the front end's own status. */
type Outcome = Seen | number;

interface OddTarget {
  readonly what: string;
  /** As it stands in the request line, each character one byte. */
  readonly target: string;
  readonly outcome: Outcome;
  readonly unless?: Partial<Record<FrontEndName, { readonly outcome: Outcome; readonly why: string }>>;
}

const targets: readonly OddTarget[] = [
  {
    what: "percent-encoded UTF-8",
    target: "/caf%C3%A9/%E2%98%95?n=%C3%A9",
    outcome: [Buffer.from("/café/☕").toString("latin1"), "n=%C3%A9"],
  },
  { what: "an encoded slash", target: "/a%2Fb%2fc", outcome: ["/a/b/c", ""] },
  {
    what: "two slashes",
    target: "/a//b",
    outcome: ["/a/b", ""],
    unless: { "uWSGI's router": { outcome: ["/a//b", ""], why: "it does not merge slashes" } },
  },
  { what: "dots that go up", target: "/a/../b", outcome: ["/b", ""] },
  {
    what: "encoded dots that go up",
    target: "/a/%2e%2e/b",
    outcome: ["/b", ""],
    unless: {
      "uWSGI's router": {
        outcome: ["/a/../b", ""],
        why: "it resolves dots before it decodes: never open files by PATH_INFO",
      },
    },
  },
  { what: "a dot", target: "/a/./b", outcome: ["/a/b", ""] },
  {
    what: "an encoded NUL",
    target: "/a%00b",
    outcome: 400,
    unless: {
      Apache: { outcome: 404, why: "it refuses NUL with another status" },
      "uWSGI's router": { outcome: ["/a\0b", ""], why: "it decodes every byte: never open files by PATH_INFO" },
    },
  },
  {
    what: "an encoded line feed",
    target: "/a%0Ab",
    outcome: ["/a\nb", ""],
    unless: { lighttpd: { outcome: 400, why: "it refuses control characters" } },
  },
  { what: "a plus and an encoded one", target: "/a+b%2Bc?x=1+2", outcome: ["/a+b+c", "x=1+2"] },
  { what: "semicolons", target: "/a;p=1/b;q?x;y", outcome: ["/a;p=1/b;q", "x;y"] },
  { what: "an encoded percent sign and space", target: "/100%25%20sure", outcome: ["/100% sure", ""] },
  {
    what: "a percent sign without digits",
    target: "/100%",
    outcome: 400,
    unless: {
      lighttpd: { outcome: ["/100%", ""], why: "it leaves what cannot be decoded" },
      "uWSGI's router": { outcome: ["/100", ""], why: "it drops what cannot be decoded" },
    },
  },
  { what: "an encoded question mark", target: "/what%3Fnow?x=%3F", outcome: ["/what?now", "x=%3F"] },
  { what: "two question marks", target: "/q??", outcome: ["/q", "?"] },
  {
    what: "a query of odd characters",
    target: "/q?a=%22'<>[]{}|^`\\&&==&%zz",
    outcome: ["/q", "a=%22'<>[]{}|^`\\&&==&%zz"],
    unless: {
      lighttpd: {
        outcome: ["/q", "a=%22'%3C%3E%5B%5D%7B%7D%7C%5E%60%5C&&==&%25zz"],
        why: "it encodes what a URL must not contain; REQUEST_URI has the original",
      },
    },
  },
  {
    what: "bytes that were not encoded",
    target: "/caf\xe9/\xff?q=\xa0",
    outcome: ["/caf\xe9/\xff", "q=\xa0"],
    unless: { lighttpd: { outcome: 400, why: "it refuses bytes that must be encoded" } },
  },
];

export const paths: readonly SmokeCase[] = targets.map(({ what, target, outcome, unless = {} }) => ({
  rule: `${what} in the target: ${describe(target, outcome)}`,
  run: expecting(target, outcome),
  unless: Object.entries(unless).map(([frontEnd, other]) => ({
    frontEnd: frontEnd as FrontEndName,
    instead: describe(target, other.outcome),
    why: other.why,
    run: expecting(target, other.outcome),
  })),
}));

function describe(target: string, outcome: Outcome): string {
  if (typeof outcome === "number") return `${printable(target)} is refused with ${outcome}`;
  const [pathInfo, queryString] = outcome.map(printable);
  return `${printable(target)} is PATH_INFO ${pathInfo}${queryString === "" ? "" : `, QUERY_STRING ${queryString}`}`;
}

/** For titles and tables: what is not ASCII as an escape. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function expecting(target: string, outcome: Outcome): SmokeCase["run"] {
  return async (t, stack) => {
    stack.application = showEnviron;
    const answer = await sendRaw(stack.port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const status = Number(answer.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
    if (typeof outcome === "number") {
      t.is(status, outcome);
      return;
    }
    t.is(status, 200, answer);
    const body = Buffer.from(answer.slice(answer.indexOf("\r\n\r\n") + 4), "latin1").toString();
    const vars = JSON.parse(body) as Record<string, string>;
    const [pathInfo, queryString] = outcome;
    t.like(vars, { REQUEST_URI: target, SCRIPT_NAME: "", PATH_INFO: pathInfo, QUERY_STRING: queryString });
  };
}
