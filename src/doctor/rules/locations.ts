/** Rules on the places themselves: which request gets where. */
import type { Block, Directive } from "../nginx/configuration.ts";
import { blocksBelow, ownOf } from "../nginx/inherit.ts";
import type { Place } from "../site.ts";
import type { Fix, Rule } from "./rule.ts";
import { list, quote } from "./variables.ts";

export const locationRules: readonly Rule[] = [
  {
    id: "pass-in-if",
    severity: "warning",
    why: "An `if` is a location of its own, which does not hold what stands around it as one would think (try_files, other ifs): of several that are true the last one wins. A map chooses a server without surprises.",
    *find({ http, places }) {
      for (const place of places) {
        if (place.block.name !== "if" || http === undefined) continue;
        yield { at: place.pass, what: "uwsgi_pass in an if", fix: asMap(place, http, places) };
      }
    },
  },
  {
    id: "named-location-missing",
    severity: "error",
    why: "nginx looks for it when a request needs it, not at its start, and answers 500.",
    *find({ places }) {
      for (const server of new Set(places.map((place) => place.server))) {
        const pass = places.find((place) => place.server === server)?.pass.args[0] ?? "";
        const named = new Set(ownOf(server, "location").map(({ args }) => args.at(-1)));
        const wanted = [...blocksBelow(server)].flatMap(({ directives }) => directives.filter(isTry));
        for (const directive of wanted) {
          const name = directive.args.at(-1) ?? "";
          if (!name.startsWith("@") || named.has(name)) continue;
          const text = `location ${name} {\n    uwsgi_pass ${quote(pass)};\n}`;
          const what = `there is no location ${name} in this server`;
          yield { at: directive, what, fix: [{ do: "add", block: server, text }] };
        }
      }
    },
  },
  {
    id: "try-files-404",
    severity: "error",
    why: "What is no file is a 404 before the application is asked; files are not served here either, they are asked of the application.",
    *find({ places }) {
      for (const { block } of places) {
        for (const directive of ownOf(block, "try_files")) {
          const last = directive.args.at(-1) ?? "";
          if (!/^=[45]\d\d$/.test(last)) continue;
          const what = `try_files answers ${last.slice(1)} for all that is no file`;
          yield { at: directive, what, fix: [{ do: "remove", directive }] };
        }
      }
    },
  },
  {
    id: "other-module",
    severity: "warning",
    why: "Directives of proxy_pass and fastcgi_pass mean nothing to uwsgi_pass, which has its own: this line does nothing.",
    *find({ places }) {
      for (const { block } of places) {
        const inner = new Set([...blocksBelow(block)].flatMap(({ directives }) => directives.map(({ name }) => name)));
        for (const directive of block.directives) {
          const [, module, rest] = /^(proxy|fastcgi|scgi|grpc)_(\w+)$/.exec(directive.name) ?? [];
          if (module === undefined || inner.has(`${module}_pass`) || rest === "split_path_info") continue;
          const own = `uwsgi_${rest}`;
          const isKnown = SHARED.has(rest ?? "") && ownOf(block, own).length === 0;
          const text = `${own} ${directive.args.map(quote).join(" ")};`;
          const fix: Fix = isKnown ? { do: "replace", directive, text } : { do: "remove", directive };
          yield { at: directive, what: `${directive.name} does nothing here`, fix: [fix] };
        }
      }
    },
  },
];

/** What the modules for all protocols have in common, behind their own first word. */
const SHARED = new Set([
  "buffer_size",
  "buffering",
  "buffers",
  "busy_buffers_size",
  "connect_timeout",
  "ignore_client_abort",
  "intercept_errors",
  "max_temp_file_size",
  "next_upstream",
  "read_timeout",
  "request_buffering",
  "send_timeout",
]);

function isTry({ name }: Directive): boolean {
  return name === "try_files" || name === "error_page";
}

/** The same choice by a map. What an `if` may ask for beside variables (files) is for a person. */
function asMap({ block, pass }: Place, http: Block, places: readonly Place[]): readonly Fix[] {
  const outer = places.find((other) => other.block === block.parent)?.pass;
  const words = block.args.join(" ").replace(/^\( ?| ?\)$/g, "");
  const [, variable, operator = "", wanted = ""] = /^(\$\w+)(?: (=|~\*?) (.+))?$/.exec(words) ?? [];
  const opening = block.parent?.directives.find((directive) => directive.block === block);
  const inner = pass.args[0] ?? "";
  if (variable === undefined || outer === undefined || opening === undefined || block.directives.length > 1) {
    const text = `choose by a map in the http block, and write: uwsgi_pass $uisge_server; (${list(["one value each", inner])})`;
    return [{ do: "run", text }];
  }
  const name = `$uisge_server_${block.line}`;
  const otherwise = outer.args[0] ?? "";
  const rows =
    operator === ""
      ? [`"" ${quote(otherwise)};`, `0 ${quote(otherwise)};`, `default ${quote(inner)};`]
      : [`default ${quote(otherwise)};`, `${quote(`${operator === "=" ? "" : operator}${wanted}`)} ${quote(inner)};`];
  return [
    { do: "add", block: http, text: `map ${variable} ${name} {\n${rows.map((row) => `    ${row}\n`).join("")}}` },
    { do: "replace", directive: outer, text: `uwsgi_pass ${name};` },
    { do: "remove", directive: opening },
  ];
}
