/** Rules on the vars that nginx sends: there, right, and once. */
import { loaderVars, varName } from "../../environ/index.ts";
import { nearest, ownOf } from "../nginx/inherit.ts";
import { comesByTls, comesPlain, type Place } from "../site.ts";
import {
  allLines,
  isUnsure,
  missingOf,
  paramBlock,
  paramOf,
  paramsOf,
  settingBlock,
  stockLines,
  switchedOff,
} from "./params.ts";
import type { Found, Rule } from "./rule.ts";

/** Without these a request is another one. */
const ESSENTIAL = ["REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH"];
/** What applications make links, logs and decisions from. */
const FACTS = ["REQUEST_URI", "SERVER_PROTOCOL", "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT"];

export const variableRules: readonly Rule[] = [
  {
    id: "params-none",
    severity: "error",
    why: "Without uwsgi_param lines nginx sends the client's headers and nothing else: every request looks like a GET of an empty path. Include nginx's file uwsgi_params, or write its lines.",
    *find({ places }) {
      for (const { block, pass } of places) {
        if (isUnsure(block) || paramsOf(block).length > 0) continue;
        const fix = { do: "add", block: settingBlock(block), text: allLines() } as const;
        yield { at: pass, what: "no uwsgi_param line holds here", fix: [fix] };
      }
    },
  },
  {
    id: "params-switched-off",
    severity: "error",
    why: "A block with a uwsgi_param of its own inherits none of the lines outside of it. All must be repeated, best by an include.",
    *find({ places }) {
      for (const place of places) {
        const outer = switchedOff(place.block);
        const missing = neededOf(place);
        const lost = outer.filter(({ args }) => missing.includes(args[0] ?? ""));
        if (lost.length === 0) continue;
        const own = paramBlock(place.block);
        yield {
          at: ownOf(own, "uwsgi_param")[0],
          what: `this line switches off ${list(lost.map(({ args }) => args[0] ?? ""))} from outside`,
          fix: [{ do: "add", block: own, text: stockLines(missing) }],
        };
      }
    },
  },
  {
    id: "param-missing",
    severity: "error",
    why: "The request cannot be told from another one: its method, path, query or body gets lost.",
    *find({ places }) {
      for (const place of places) {
        const missing = neededOf(place);
        if (!missing.some((name) => ESSENTIAL.includes(name)) || isOther(place)) continue;
        yield absent(place, missing);
      }
    },
  },
  {
    id: "param-incomplete",
    severity: "warning",
    why: "Applications make links, logs and decisions from these; where they are missing something made up stands in their place.",
    *find({ places }) {
      for (const place of places) {
        const missing = neededOf(place).filter((name) => FACTS.includes(name));
        if (missing.length === 0 || isOther(place) || neededOf(place).some((name) => ESSENTIAL.includes(name)))
          continue;
        yield absent(place, missing);
      }
    },
  },
  {
    id: "https-missing",
    severity: "error",
    why: "The application takes a request that came by TLS for plain http: its links and redirects lead to http, its cookies lack Secure, and a redirect to https never ends.",
    *find({ places }) {
      for (const place of places) {
        if (!isSchemeMissing(place) || isOther(place)) continue;
        if (neededOf(place).some((name) => ESSENTIAL.includes(name))) continue;
        yield absent(place, ["REQUEST_SCHEME", "HTTPS"]);
      }
    },
  },
  {
    id: "https-forced",
    severity: "warning",
    why: "Plain requests reach the application as https: cookies that must be Secure are lost, and it never redirects to https.",
    *find({ places }) {
      for (const place of places) {
        if (!comesPlain(place) || nearest(place.block, "set_real_ip_from") !== undefined) continue;
        for (const { name, value, directive } of paramsOf(place.block)) {
          const isForced =
            name === "HTTPS" ? /^(?:on|1)$/i.test(value) : name === "REQUEST_SCHEME" && value === "https";
          if (!isForced) continue;
          const what = `${name} is ${value} for every request, and this server listens without TLS`;
          yield { at: directive, what, fix: [{ do: "replace", directive, text: stockLines([name]) }] };
        }
      }
    },
  },
  {
    id: "param-value",
    severity: "error",
    why: "The var means something else than what it is given here.",
    *find({ places }) {
      for (const { block } of places) {
        for (const { name, value, directive } of paramsOf(block)) {
          const row = wrongValues.find(([wrong, pattern]) => wrong === name && pattern.test(value));
          if (row === undefined) continue;
          // There it has the rest of the path.
          if (value === "$fastcgi_path_info" && nearest(block, "fastcgi_split_path_info") !== undefined) continue;
          const text = name === "SCRIPT_NAME" ? 'uwsgi_param SCRIPT_NAME "";' : stockLines([name]);
          yield {
            at: directive,
            what: `${name} is given ${value || '""'}, ${row[2]}`,
            fix: [{ do: "replace", directive, text }],
          };
        }
      }
    },
  },
  {
    id: "script-name",
    severity: "error",
    why: "SCRIPT_NAME is where the application is mounted and PATH_INFO what follows it. Where PATH_INFO has both, the application finds no route, and its links have the mount point twice.",
    *find({ places }) {
      for (const place of places) {
        const block = settingBlock(place.block);
        const mount = paramOf(block, "SCRIPT_NAME")?.value ?? "";
        const path = paramOf(block, "PATH_INFO")?.value ?? "";
        if (!/^\/[^$]*[^$/]$/.test(mount) || !/^\$\{?(?:document_)?uri\}?$/.test(path)) continue;
        if (ownOf(block, "rewrite").some(({ args }) => args.includes("break"))) continue;
        if (nearest(block, "uwsgi_modifier1")?.args[0] === "30") continue;
        const escaped = mount.replace(/[.*+?^()[\]|\\]/g, "\\$&");
        yield {
          at: paramOf(block, "SCRIPT_NAME")?.directive,
          what: `SCRIPT_NAME is ${mount}, and PATH_INFO begins with it too`,
          fix: [{ do: "add", block, text: `rewrite "^${escaped}(?:/(.*))?$" /$1 break;` }],
        };
      }
    },
  },
  {
    id: "param-header-name",
    severity: "warning",
    why: "A var is no header: applications look for HTTP_ and the name in capitals, and the client's own header of that name still reaches them.",
    *find({ places }) {
      for (const { block } of places) {
        const params = paramsOf(block);
        for (const { name, directive } of params) {
          if (!/^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+$|^[A-Z][a-z]+$/.test(name)) continue;
          const right = varName(name);
          const [, ...rest] = directive.args;
          const text = `uwsgi_param ${right} ${rest.map(quote).join(" ")};`;
          const isThere = params.some((other) => other.name === right);
          const fix = isThere ? ({ do: "remove", directive } as const) : ({ do: "replace", directive, text } as const);
          yield { at: directive, what: `${name} is written as a header, the var is ${right}`, fix: [fix] };
        }
      }
    },
  },
  {
    id: "param-twice",
    severity: "error",
    why: "nginx sends both. uWSGI believes the last; uisge answers 400 where two values cannot both be true (HTTP_HOST, REMOTE_ADDR, HTTPS...) and joins other headers.",
    *find({ places }) {
      for (const { block } of places) {
        const params = paramsOf(block);
        for (const [i, { name, value, directive }] of params.entries()) {
          const later = params.slice(i + 1).find((other) => other.name === name);
          if (later === undefined || later.value === value) continue;
          if (directive.args.length > 2 || later.directive.args.length > 2) continue;
          // The file of an include belongs to others too.
          const isShared = directive.source !== block.source && later.directive.source === block.source;
          const extra = isShared ? later.directive : directive;
          const what = `${name} is sent as ${value || '""'} and as ${later.value || '""'}`;
          yield { at: extra, what, fix: [{ do: "remove", directive: extra }] };
        }
      }
    },
  },
  {
    id: "param-name-long",
    severity: "error",
    why: "nginx writes only the low byte of the name's length: the packet is broken, and the server must refuse it.",
    *find({ places }) {
      for (const { block } of places) {
        for (const { name, directive } of paramsOf(block)) {
          if (new TextEncoder().encode(name).length <= 255) continue;
          const what = "a name of more than 255 bytes";
          yield { at: directive, what, fix: [{ do: "remove", directive }] };
        }
      }
    },
  },
  {
    id: "param-loader",
    severity: "warning",
    why: "Such vars make uWSGI load code or change its environment. uisge leaves them out; to a uWSGI they are a door for whoever can set their value.",
    *find({ places }) {
      for (const { block } of places) {
        for (const { name, directive } of paramsOf(block)) {
          if (!loaderVars.has(name)) continue;
          yield { at: directive, what: `${name} is for uWSGI's loader`, fix: [{ do: "remove", directive }] };
        }
      }
    },
  },
  {
    id: "string-in-packet",
    severity: "error",
    why: "uwsgi_string appends bytes to the packet that are no var: the server must refuse it.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_string");
        if (directive === undefined) continue;
        yield { at: directive, what: "uwsgi_string breaks every packet", fix: [{ do: "remove", directive }] };
      }
    },
  },
];

/** Name, pattern of the value, what that is. */
const wrongValues: readonly (readonly [name: string, value: RegExp, what: string])[] = [
  ["PATH_INFO", /^\$\{?request_uri\}?$/, "which is not decoded and has the query"],
  ["PATH_INFO", /^\$\{?fastcgi_path_info\}?$/, "which is empty without fastcgi_split_path_info"],
  [
    "PATH_INFO",
    /^\$\{?fastcgi_script_name\}?$/,
    "which is SCRIPT_NAME for FastCGI, with the name of an index file behind a slash",
  ],
  ["QUERY_STRING", /^\$\{?request_uri\}?$/, "which has the path too"],
  ["REQUEST_URI", /^\$\{?(?:document_)?uri\}?$/, "which is decoded and lacks the query"],
  [
    "SCRIPT_NAME",
    /^\$\{?(?:fastcgi_script_name|document_uri|uri|request_uri)\}?$/,
    "the whole path, which PATH_INFO has as well",
  ],
  ["SCRIPT_NAME", /^\/$/, "and the root is an empty SCRIPT_NAME: links would begin with //"],
  [
    "CONTENT_LENGTH",
    /^\$\{?http_content_length\}?$/,
    "which is empty for a chunked upload: its body gets lost, or the server refuses it (411)",
  ],
  [
    "CONTENT_LENGTH",
    /^\$\{?request_length\}?$/,
    "which counts the headers too: the server waits for bytes that never come",
  ],
  ["CONTENT_LENGTH", /^[^$]*[0-9][^$]*$/, "the same for every request"],
  ["REQUEST_METHOD", /^[^$]+$/, "the same for every request"],
  ["HTTPS", /^\$\{?scheme\}?$/, "which is never empty: http would count as secure"],
];

/** What the place lacks of what it needs. */
function neededOf(place: Place): readonly string[] {
  const missing = missingOf(place.block);
  if (paramsOf(place.block).length === 0) return [];
  const needed = new Set([...ESSENTIAL, ...FACTS, ...(isSchemeMissing(place) ? ["REQUEST_SCHEME", "HTTPS"] : [])]);
  return missing.filter((name) => needed.has(name));
}

/** Either of the two says that a request came by TLS. */
function isSchemeMissing(place: Place): boolean {
  const missing = missingOf(place.block);
  const isKnown = paramsOf(place.block).some(({ name }) => name === "UWSGI_SCHEME");
  return comesByTls(place) && !isKnown && missing.includes("HTTPS") && missing.includes("REQUEST_SCHEME");
}

/** True where `params-switched-off` says it. */
function isOther(place: Place): boolean {
  const missing = neededOf(place);
  return switchedOff(place.block).some(({ args }) => missing.includes(args[0] ?? ""));
}

function absent(place: Place, names: readonly string[]): Found {
  const block = paramBlock(place.block);
  return {
    at: ownOf(block, "uwsgi_param")[0],
    what: `among these lines ${list(names)} ${names.length === 1 ? "is" : "are"} missing`,
    fix: [{ do: "add", block, text: stockLines(names) }],
  };
}

/** `a`, `a and b`, `a, b and c`. */
export function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** A parameter as it must be written. */
export function quote(text: string): string {
  return text === "" || /[\s;{}"'\\#]/.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}
