/** Rules on what goes over the connection besides the vars, and what becomes of answers. */
import type { Block, Directive } from "../nginx/configuration.ts";
import { blocksBelow, isOn, listAt, nearest } from "../nginx/inherit.ts";
import { comesByTls } from "../site.ts";
import { set } from "./limits.ts";
import { paramOf, paramsOf, settingBlock } from "./params.ts";
import type { Fix, Rule } from "./rule.ts";

export const answerRules: readonly Rule[] = [
  {
    id: "modifier",
    severity: "error",
    why: "The modifier says what kind of packet comes. Requests have 0; uisge refuses all others, and so does a uWSGI that has not got the plugin. 30, of old tutorials, is uWSGI's own way of mounting.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_modifier1");
        if (directive === undefined || Number(directive.args[0]) === 0) continue;
        yield {
          at: directive,
          what: `packets are sent with modifier1 ${directive.args[0]}`,
          fix: [{ do: "remove", directive }],
        };
      }
    },
  },
  {
    id: "headers-not-passed",
    severity: "error",
    why: "No header of the client reaches the application: no Host, no cookies, no Authorization.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_pass_request_headers");
        if (directive?.args[0] !== "off") continue;
        yield { at: directive, what: "headers of requests are left out", fix: [{ do: "remove", directive }] };
      }
    },
  },
  {
    id: "body-not-passed",
    severity: "error",
    why: "CONTENT_LENGTH announces a body that never comes: the application waits for it until it or nginx gives up.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_pass_request_body");
        if (directive?.args[0] !== "off" || !announcesBody(block)) continue;
        yield {
          at: directive,
          what: "bodies are left out, and their length is sent",
          fix: [{ do: "remove", directive }],
        };
      }
    },
  },
  {
    id: "auth-request-body",
    severity: "error",
    why: "A request that auth_request makes has the CONTENT_LENGTH of the client's, and no body: the application waits for one. Send an empty CONTENT_LENGTH there.",
    *find({ http, places }) {
      if (http === undefined) return;
      const paths = new Set(
        [...blocksBelow(http)].flatMap(({ directives }) =>
          directives.flatMap(({ name, args }) => (name === "auth_request" ? [args[0] ?? ""] : [])),
        ),
      );
      for (const { block, pass } of places) {
        if (block.name !== "location" || !paths.has(block.args.at(-1) ?? "") || !announcesBody(block)) continue;
        if (nearest(block, "uwsgi_pass_request_body")?.args[0] === "off") continue;
        const own = paramOf(block, "CONTENT_LENGTH")?.directive;
        const isHere = own !== undefined && own.parent === block && own.source === block.source;
        const empty = 'uwsgi_param CONTENT_LENGTH "";';
        // A line here switches off those outside: all of them are repeated.
        const lines = paramsOf(block)
          .filter(({ name }) => name !== "CONTENT_LENGTH")
          .map(({ directive }) => textOf(directive));
        const fix: Fix[] = isHere
          ? [{ do: "replace", directive: own, text: empty }]
          : own?.parent === block
            ? [{ do: "run", text: `in place of the include of ${own.source.path} write its lines, with: ${empty}` }]
            : [{ do: "add", block, text: [...lines, empty].join("\n") }];
        yield { at: pass, what: `auth_request asks here, and CONTENT_LENGTH is sent`, fix };
      }
    },
  },
  {
    id: "answers-buffered",
    severity: "warning",
    why: "nginx collects an answer that comes in pieces until a buffer is full: events arrive late and together. The header X-Accel-Buffering: no of one answer does the same as this line.",
    *find({ places }, { streams }) {
      if (streams !== true) return;
      for (const { block, pass } of places) {
        if (!isOn(block, "uwsgi_buffering", true)) continue;
        const at = nearest(block, "uwsgi_buffering") ?? pass;
        yield { at, what: "answers are collected", fix: [set(settingBlock(block), "uwsgi_buffering", "off")] };
      }
    },
  },
  {
    id: "uploads-buffered",
    severity: "warning",
    why: "nginx asks the application when the whole body has come: it cannot read an upload as it arrives.",
    *find({ places }, { streams }) {
      if (streams !== true) return;
      for (const { block, pass } of places) {
        if (!isOn(block, "uwsgi_request_buffering", true)) continue;
        const at = nearest(block, "uwsgi_request_buffering") ?? pass;
        yield { at, what: "uploads are collected", fix: [set(settingBlock(block), "uwsgi_request_buffering", "off")] };
      }
    },
  },
  {
    id: "accel-buffering-ignored",
    severity: "warning",
    why: "Applications send X-Accel-Buffering: no with event streams, and here it has no effect: events arrive late and together.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_ignore_headers");
        if (
          directive === undefined ||
          !isOn(block, "uwsgi_buffering", true) ||
          !hasWord(directive, "x-accel-buffering")
        )
          continue;
        yield { at: directive, what: "X-Accel-Buffering is ignored", fix: [without(directive, "x-accel-buffering")] };
      }
    },
  },
  {
    id: "client-abort-ignored",
    severity: "warning",
    why: "nginx keeps the connection when the client has gone: the application is not told, and works on for nobody.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_ignore_client_abort");
        if (directive?.args[0] !== "on") continue;
        const fix: Fix = { do: "replace", directive, text: "uwsgi_ignore_client_abort off;" };
        yield { at: directive, what: "clients that go away are not noticed", fix: [fix] };
      }
    },
  },
  {
    id: "cache-without-key",
    severity: "error",
    why: "For uwsgi nginx has no key of its own: all pages are one entry, and everybody gets the answer to the first request.",
    *find({ places }) {
      for (const { block } of places) {
        const cache = cacheOf(block);
        if (cache === undefined || nearest(block, "uwsgi_cache_key") !== undefined) continue;
        const text = 'uwsgi_cache_key "$scheme$request_method$host$request_uri";';
        yield {
          at: cache,
          what: "uwsgi_cache without uwsgi_cache_key",
          fix: [{ do: "add", block: cache.parent, text }],
        };
      }
    },
  },
  {
    id: "cache-private",
    severity: "warning",
    why: "An answer to somebody who is logged in is kept for all, unless the application forbids it in each answer (Cache-Control, Set-Cookie).",
    *find({ places }) {
      for (const { block } of places) {
        const cache = cacheOf(block);
        if (cache === undefined) continue;
        const told = ["uwsgi_cache_bypass", "uwsgi_no_cache", "uwsgi_cache_key"].flatMap((name) =>
          listAt(block, name).flatMap(({ args }) => args),
        );
        if (told.some((text) => /\$\{?(?:http_cookie|cookie_|http_authorization|remote_user)/.test(text))) continue;
        const text =
          "uwsgi_cache_bypass $http_cookie $http_authorization;\nuwsgi_no_cache     $http_cookie $http_authorization;";
        yield {
          at: cache,
          what: "requests with cookies share the cache",
          fix: [{ do: "add", block: cache.parent, text }],
        };
      }
    },
  },
  {
    id: "cache-cookies",
    severity: "error",
    why: "An answer that sets a cookie is kept, and its cookie, which may be a session, is given to everybody.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_ignore_headers");
        if (directive === undefined || cacheOf(block) === undefined || !hasWord(directive, "set-cookie")) continue;
        if (listAt(block, "uwsgi_hide_header").some(({ args }) => args[0]?.toLowerCase() === "set-cookie")) continue;
        yield { at: directive, what: "answers with Set-Cookie are cached", fix: [without(directive, "set-cookie")] };
      }
    },
  },
  {
    id: "errors-intercepted",
    severity: "warning",
    why: "The application's own answers with these statuses are replaced: an API's JSON errors become pages of HTML.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_intercept_errors");
        if (directive?.args[0] !== "on" || listAt(block, "error_page").length === 0) continue;
        yield {
          at: directive,
          what: "error_page replaces answers of the application",
          fix: [{ do: "remove", directive }],
        };
      }
    },
  },
  {
    id: "error-page-success",
    severity: "warning",
    why: "Clients, health checks and caches take an outage for a page that is well.",
    *find({ places }) {
      for (const { block } of places) {
        for (const directive of listAt(block, "error_page")) {
          const isFailure = directive.args.some((word) => /^5\d\d$/.test(word));
          const status = directive.args.find((word) => /^=2\d\d$/.test(word));
          if (!isFailure || status === undefined) continue;
          const words = directive.args.filter((word) => word !== status);
          const what = `failures are answered with ${status.slice(1)}`;
          yield { at: directive, what, fix: [{ do: "replace", directive, text: `error_page ${words.join(" ")};` }] };
        }
      }
    },
  },
  {
    id: "secrets-compressed",
    severity: "hint",
    why: "Where an answer has both a secret and what the request said, its compressed length tells the secret, under TLS too (BREACH). Only the application knows which answers those are.",
    *find({ places }) {
      for (const place of places) {
        const directive = nearest(place.block, "gzip");
        if (directive?.args[0] !== "on" || !comesByTls(place)) continue;
        const what = "answers of the application are compressed";
        yield { at: directive, what, fix: [set(settingBlock(place.block), "gzip", "off")] };
      }
    },
  },
  {
    id: "websocket-headers",
    severity: "warning",
    why: "nginx passes both headers on as the client sent them, and WebSocket needs no line. A fixed value breaks the handshake, or makes ordinary requests look like one.",
    *find({ places }) {
      for (const { block } of places) {
        for (const { name, value, directive } of paramsOf(block)) {
          if ((name !== "HTTP_CONNECTION" && name !== "HTTP_UPGRADE") || value.includes("$")) continue;
          const what = `${name} is ${value || '""'} for every request`;
          yield { at: directive, what, fix: [{ do: "remove", directive }] };
        }
      }
    },
  },
];

function announcesBody(block: Block): boolean {
  const length = paramOf(block, "CONTENT_LENGTH");
  return length !== undefined && length.value !== "" && length.value !== "0";
}

/** The cache that holds here; undefined where it is off. */
function cacheOf(block: Block): Directive | undefined {
  const cache = nearest(block, "uwsgi_cache");
  return cache === undefined || cache.args[0] === "off" ? undefined : cache;
}

function hasWord({ args }: Directive, word: string): boolean {
  return args.some((arg) => arg.toLowerCase() === word);
}

/** The line without one of its words; none when it was the only one. */
function without(directive: Directive, word: string): Fix {
  const words = directive.args.filter((arg) => arg.toLowerCase() !== word);
  if (words.length === 0) return { do: "remove", directive };
  return { do: "replace", directive, text: `${directive.name} ${words.join(" ")};` };
}

/** A directive as it is written. */
function textOf({ source, start, end }: Directive): string {
  return source.text.slice(start, end);
}
