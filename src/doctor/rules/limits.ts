/** Rules on sizes and times that do not fit each other, the protocol, or the application. */
import type { Block, Directive } from "../nginx/configuration.ts";
import { nearest, ownOf } from "../nginx/inherit.ts";
import { sizeOf, timeOf } from "../nginx/units.ts";
import { settingBlock } from "./params.ts";
import type { Fix, Rule } from "./rule.ts";

/** What nginx takes without a directive, on machines with pages of 4 KB. */
const PAGE = 4_096;
const DEFAULT_BODY = 1_048_576;
const DEFAULT_READ_MS = 60_000;
/** What request headers can have in a block of 65 535 bytes, beside nginx's own vars. */
const MOST_HEADERS = 61_440;

export const limitRules: readonly Rule[] = [
  {
    id: "head-buffer",
    severity: "warning",
    why: 'The head of an answer must fit into this buffer. A few cookies or a Content-Security-Policy exceed it: nginx logs "upstream sent too big header" and answers 502.',
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_buffer_size");
        const size = sizeOf(directive?.args[0]);
        if (directive === undefined || size === undefined || size >= PAGE) continue;
        const what = `the head of an answer may have ${size} bytes`;
        yield { at: directive, what, fix: [{ do: "replace", directive, text: "uwsgi_buffer_size 8k;" }] };
      }
    },
  },
  {
    id: "buffers-inconsistent",
    severity: "error",
    why: "nginx does not start: uwsgi_busy_buffers_size must be at least as large as uwsgi_buffer_size and as one of uwsgi_buffers, and smaller than all uwsgi_buffers but one. Unless set it is twice the larger of those.",
    *find({ places }) {
      for (const { block } of places) {
        const head = nearest(block, "uwsgi_buffer_size");
        const all = nearest(block, "uwsgi_buffers");
        const busy = nearest(block, "uwsgi_busy_buffers_size");
        const headSize = sizeOf(head?.args[0]) ?? PAGE;
        const one = sizeOf(all?.args[1]) ?? PAGE;
        const count = Number(all?.args[0] ?? 8);
        const least = Math.max(headSize, one);
        const busySize = sizeOf(busy?.args[0]) ?? 2 * least;
        const at = busy ?? head ?? all;
        if (at === undefined || (busySize >= least && busySize <= (count - 1) * one)) continue;
        const text = `uwsgi_buffers 8 ${sizeText(least)};`;
        const buffers: Fix =
          all === undefined ? { do: "add", block: at.parent, text } : { do: "replace", directive: all, text };
        yield {
          at,
          what: `uwsgi_busy_buffers_size is ${sizeText(busySize)}, from ${sizeText(least)} to ${sizeText(Math.max(0, (count - 1) * one))} are possible`,
          fix: [buffers, ...(busy === undefined ? [] : [{ do: "remove", directive: busy } as const])],
        };
      }
    },
  },
  {
    id: "header-buffers",
    severity: "warning",
    why: "All vars of a request together have room for 65 535 bytes, a limit of the protocol. Beyond it nginx answers 500 and never asks the server; with smaller buffers it answers 400 or 414, which is true.",
    *find({ places }) {
      for (const { server } of places) {
        const directive = nearest(server, "large_client_header_buffers");
        if (directive === undefined) continue;
        const sum = Number(directive.args[0]) * (sizeOf(directive.args[1]) ?? 0);
        if (!(sum > MOST_HEADERS)) continue;
        const what = `request headers may have ${sizeText(sum)} together`;
        yield { at: directive, what, fix: [{ do: "replace", directive, text: "large_client_header_buffers 4 8k;" }] };
      }
    },
  },
  {
    id: "body-size",
    severity: "warning",
    why: "The smaller limit counts. Where nginx's is smaller, clients get its 413 for what the application would take; where it is larger, nginx collects bodies that the application then refuses.",
    *find({ places }, { maxBodyBytes }) {
      if (maxBodyBytes === undefined) return;
      for (const { block, pass } of places) {
        const given = nearest(block, "client_max_body_size");
        const limit = given === undefined ? DEFAULT_BODY : sizeOf(given.args[0]);
        if (limit === undefined || limit === maxBodyBytes) continue;
        const own = settingBlock(block);
        yield {
          at: given ?? pass,
          what: `nginx takes bodies of ${limit === 0 ? "any size" : sizeText(limit)}, the application of ${sizeText(maxBodyBytes)}`,
          fix: [set(own, "client_max_body_size", sizeText(maxBodyBytes))],
        };
      }
    },
  },
  {
    id: "read-timeout",
    severity: "warning",
    why: "nginx gives up first: the client gets a 504, and the application works on for nobody.",
    *find({ places }, { answerMs }) {
      if (answerMs === undefined) return;
      for (const { block, pass } of places) {
        const given = nearest(block, "uwsgi_read_timeout");
        const limit = given === undefined ? DEFAULT_READ_MS : timeOf(given.args[0]);
        if (limit === undefined || limit > answerMs) continue;
        const seconds = Math.floor(answerMs / 1_000) + 5;
        yield {
          at: given ?? pass,
          what: `nginx waits ${limit / 1_000} s for a byte of the answer, the application may take ${answerMs / 1_000} s`,
          fix: [set(block, "uwsgi_read_timeout", `${seconds}s`)],
        };
      }
    },
  },
  {
    id: "worker-files",
    severity: "warning",
    why: 'A request that is passed on takes two connections, client and server, and each a descriptor. Where these end first, nginx logs "too many open files" and answers 500.',
    *find({ main, places }) {
      const files = ownOf(main, "worker_rlimit_nofile")[0];
      const events = ownOf(main, "events")[0]?.block;
      const connections = Number((events && ownOf(events, "worker_connections")[0]?.args[0]) ?? 512);
      if (files === undefined || places.length === 0 || !(Number(files.args[0]) < connections)) return;
      const what = `a worker may have ${connections} connections, and ${files.args[0]} open files`;
      const text = `worker_rlimit_nofile ${2 * connections};`;
      yield { at: files, what, fix: [{ do: "replace", directive: files, text }] };
    },
  },
];

/** The value in this block: in place of its own line, or as a new one. */
export function set(block: Block, name: string, value: string): Fix {
  const own: Directive | undefined = ownOf(block, name)[0];
  const text = `${name} ${value};`;
  return own === undefined ? { do: "add", block, text } : { do: "replace", directive: own, text };
}

/** A size as nginx and people write it. */
function sizeText(bytes: number): string {
  for (const [unit, scale] of [
    ["g", 1_073_741_824],
    ["m", 1_048_576],
    ["k", 1_024],
  ] as const) {
    if (bytes >= scale && bytes % scale === 0) return `${bytes / scale}${unit}`;
  }
  return String(bytes);
}
