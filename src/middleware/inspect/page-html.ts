/** The page as text. Whatever comes from outside goes through `escapeHtml`; it works without scripts. Pure. */
import { escapeHtml } from "../html.ts";
import type { ExchangeDetail, ExchangeSummary, ShownBody } from "./recording-json.ts";
import { STYLE } from "./page-style.ts";
import type { Pair } from "./redact-exchange.ts";
import type { LayerTime } from "./timing.ts";

/** Seconds until the list asks for itself again. */
const REFRESH_SECONDS = 2;

/** The newest first. `name`: the last part of the page's path. */
export function listPage(exchanges: readonly ExchangeSummary[], name: string, isRefreshed: boolean): string {
  const again = isRefreshed
    ? `<a href="${name}">Stop refreshing</a>`
    : `<a href="${name}">Refresh</a> <a href="${name}?refresh">Every ${REFRESH_SECONDS} s</a>`;
  const heading = `<header><h1>Exchanges</h1> ${again} <a href="${name}.json">JSON</a></header>`;
  if (exchanges.length === 0) return page("Exchanges", `${heading}<p class="dim">None yet.</p>`, isRefreshed);
  const head = ["#", "Time", "Method", "Target", "Status", "Head", "End", "In", "Out", ""]
    .map((title, i) => `<th${numbers.has(i) ? ' class="number"' : ""}>${title}</th>`)
    .join("");
  const rows = exchanges.map((exchange) => row(exchange, name)).join("\n");
  const table = `<div class="scroll"><table><thead><tr>${head}</tr></thead>\n<tbody>\n${rows}\n</tbody></table></div>`;
  return page("Exchanges", `${heading}\n${table}`, isRefreshed);
}

/** Columns of the list. */
const numbers: ReadonlySet<number> = new Set([0, 5, 6, 7, 8]);

function row(exchange: ExchangeSummary, name: string): string {
  const { number, at, method, target, headMs, endMs, requestBytes, responseBytes, faults } = exchange;
  const link = `${name}/${number}`;
  const remarks = [
    ...(exchange.ending === "complete" ? [] : [ending(exchange)]),
    ...(faults === 0 ? [] : [`<span class="bad">${faults} ${faults === 1 ? "fault" : "faults"}</span>`]),
  ];
  return (
    `<tr><td class="number"><a href="${link}">${number}</a></td>` +
    `<td class="word"><time datetime="${at}">${at.slice(11, 23)}</time></td>` +
    `<td class="word">${escapeHtml(method)}</td>` +
    `<td class="code target"><a href="${link}">${escapeHtml(cut(target))}</a></td>` +
    `<td>${status(exchange)}</td><td class="number">${milliseconds(headMs)}</td>` +
    `<td class="number">${milliseconds(endMs)}</td><td class="number">${size(requestBytes)}</td>` +
    `<td class="number">${size(responseBytes)}</td><td class="word">${remarks.join(", ")}</td></tr>`
  );
}

/** Characters of a target in the list. */
const MOST_TARGET = 160;

function cut(target: string): string {
  return target.length <= MOST_TARGET ? target : `${target.slice(0, MOST_TARGET)}...`;
}

export function detailPage(exchange: ExchangeDetail, name: string): string {
  const { number, method, target, failure, faults, layers, headMs } = exchange;
  const title = `${method} ${target}`;
  const sections = [
    `<header><a href="../${name}">All exchanges</a> <a href="${number}.json">JSON</a>${replay(exchange)}</header>`,
    `<h1>${escapeHtml(title)}</h1>`,
    facts(exchange),
    failure === null ? "" : `<p class="note"><strong>Failure:</strong> ${escapeHtml(failure)}</p>`,
    ...faults.map(
      ({ rule, layer, message }) =>
        `<p class="note"><strong>${escapeHtml(layer)}</strong> broke the rule <em>${rule}</em>: ${escapeHtml(message)}</p>`,
    ),
    layers.length === 0 ? "" : `<h2>Time until the head</h2>${times(layers, headMs ?? 0)}`,
    pairs("Response headers", exchange.responseHeaders),
    body("Response body", exchange.responseBody),
    pairs("Request headers", exchange.requestHeaders),
    body("Request body", exchange.requestBody),
    pairs("Vars", exchange.vars),
  ];
  return page(title, sections.filter((section) => section !== "").join("\n"));
}

export function messagePage(message: string): string {
  return page("Exchanges", `<p>${escapeHtml(message)}</p>`);
}

function page(title: string, content: string, isRefreshed = false): string {
  const refresh = isRefreshed ? `<meta http-equiv="refresh" content="${REFRESH_SECONDS}">` : "";
  return (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">' +
    `<meta name="viewport" content="width=device-width, initial-scale=1">${refresh}` +
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>\n<body>\n${content}\n</body></html>\n`
  );
}

function replay({ number, replay: kind }: ExchangeDetail): string {
  if (kind === "none") return "";
  const note = kind === "whole" ? "" : ' <span class="dim">without its body</span>';
  return ` <span><a href="${number}.uwsgi" download>Packet file</a>${note}</span>`;
}

function facts(exchange: ExchangeDetail): string {
  const { id, at, client, headMs, endMs, requestBytes, requestLength, responseBytes, responseReason } = exchange;
  const reason = responseReason === null ? "" : ` ${escapeHtml(responseReason)}`;
  const read = requestBytes === requestLength ? size(requestBytes) : `${size(requestBytes)} of ${size(requestLength)}`;
  return `<dl class="facts">${[
    ["Status", `${status(exchange)}${reason}`],
    ["Ended", ending(exchange)],
    ["Head after", milliseconds(headMs)],
    ["End after", milliseconds(endMs)],
    ["Request body read", read],
    ["Response body", size(responseBytes)],
    ["Client", escapeHtml(client ?? "not known")],
    ["Time", at],
    ["Request id", `<span class="code">${escapeHtml(id)}</span>`],
  ]
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`)
    .join("")}</dl>`;
}

function times(layers: readonly LayerTime[], headMs: number): string {
  let begun = 0;
  const rows = layers.map(({ title, ownMs, totalMs }) => {
    const share = (ms: number): string => (headMs > 0 ? Math.min(100, (ms / headMs) * 100) : 0).toFixed(2);
    const bar = `<svg aria-hidden="true"><rect x="${share(begun)}%" width="${share(ownMs)}%" height="100%"/></svg>`;
    begun += ownMs;
    return (
      `<tr><td class="name">${escapeHtml(title)}</td><td class="number">${milliseconds(ownMs)}</td>` +
      `<td class="number dim">${milliseconds(totalMs)}</td><td class="bars">${bar}</td></tr>`
    );
  });
  const head = '<tr><th>Layer</th><th class="number">Own</th><th class="number">With those below</th><th></th></tr>';
  return `<div class="scroll"><table class="times"><thead>${head}</thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function pairs(title: string, all: readonly Pair[]): string {
  if (all.length === 0) return "";
  const rows = all.map(
    ([name, value]) => `<tr><td class="name">${escapeHtml(name)}</td><td class="code">${escapeHtml(value)}</td></tr>`,
  );
  return `<h2>${title}</h2><table><tbody>\n${rows.join("\n")}\n</tbody></table>`;
}

function body(title: string, shown: ShownBody | null): string {
  if (shown === null) return "";
  const { text, base64 = "", isWhole } = shown;
  const note = `${text === undefined ? ", in base64" : ""}${isWhole ? "" : ", its beginning"}`;
  return `<h2>${title}<span class="dim">${note}</span></h2><pre>${escapeHtml(text ?? base64)}</pre>`;
}

function status({ status: code }: { readonly status: number | null }): string {
  if (code === null) return '<span class="dim">none</span>';
  const kind = code >= 500 ? "bad" : code >= 400 ? "odd" : "good";
  return `<span class="${kind}">${escapeHtml(String(code))}</span>`;
}

function ending({ ending: how }: { readonly ending: string }): string {
  const kind = how === "failed" ? "bad" : how === "complete" ? "good" : "odd";
  return `<span class="${kind}">${how}</span>`;
}

function milliseconds(ms: number | null): string {
  if (ms === null) return "";
  return `${ms >= 100 ? Math.round(ms) : ms.toFixed(ms >= 10 ? 1 : 2)} ms`;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
