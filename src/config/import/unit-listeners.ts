/** What becomes of Unit's listeners, which are HTTP. Pure. */
import type { Origin } from "../given.ts";
import type { ImportRow } from "./imported.ts";
import { isObject } from "./instances.ts";
import { rowOf, type Said, type Sheet } from "./sheet.ts";
import { textOf } from "./value-text.ts";

type Members = Readonly<Record<string, unknown>>;

/** A row for each member. An application to which it passes everything has HTTP there, too. */
export function convertListener(
  address: string,
  listener: Members,
  sheets: ReadonlyMap<string, Sheet>,
  origin: Origin,
): readonly ImportRow[] {
  const path = `listeners."${address}"`;
  const isSecure = listener["tls"] !== undefined;
  return Object.entries(listener).flatMap(([key, value]): readonly ImportRow[] => {
    const said: Said = { option: `${path}.${key}`, value, origin };
    if (key === "pass" || key === "application") return [passed(said, address, textOf(value), isSecure, sheets)];
    if (key === "backlog") {
      return [
        rowOf(said, { verdict: "always", text: "4096 connections may wait, as far as net.core.somaxconn lets them" }),
      ];
    }
    if (key === "tls") {
      const text = "HTTPS ends in nginx, or in uisge bridge with --tls-cert and --tls-key";
      return inside(said, value, text);
    }
    if (key === "forwarded" || key === "client_ip") {
      return inside(said, value, "set_real_ip_from and real_ip_header of nginx, or --trust of uisge bridge");
    }
    return [rowOf(said, { verdict: "attention", text: "no member of a listener that is known" })];
  });
}

/** A row for each of its members. */
function inside(said: Said, value: unknown, text: string): readonly ImportRow[] {
  if (!isObject(value)) return [rowOf(said, { verdict: "attention", text })];
  return Object.entries(value).map(([key, one]) =>
    rowOf({ option: `${said.option}.${key}`, value: one, origin: said.origin }, { verdict: "attention", text }),
  );
}

function passed(
  said: Said,
  address: string,
  pass: string,
  isSecure: boolean,
  sheets: ReadonlyMap<string, Sheet>,
): ImportRow {
  const sheet = sheets.get(pass.replace(/^applications\//, ""));
  if (sheet === undefined) {
    const text = `nginx listens at ${address}, and passes on what its locations say: uwsgi_pass`;
    return rowOf(said, { verdict: "attention", text });
  }
  const socket = textOf((sheet.get("socket") as readonly string[] | undefined)?.[0]);
  const front = `nginx listens at ${address}, with uwsgi_pass ${socket} and include uwsgi_params`;
  if (isSecure) return rowOf(said, { verdict: "attention", text: front });
  const http = address.startsWith("unix:") ? address.slice("unix:".length) : address.replace(/^\*:/, ":");
  const needed = sheet.put("http", http);
  if (needed !== undefined) return rowOf(said, { verdict: "attention", to: "http", text: `http: ${needed}` });
  return rowOf(said, { verdict: "renamed", to: "http", text: `http = ${http}; for production, ${front}` });
}
