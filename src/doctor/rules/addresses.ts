/** Rules on where `uwsgi_pass` leads, as far as the text tells. */
import { isIP } from "node:net";
import { type Address, formatAddress } from "../../connection/index.ts";
import type { Directive } from "../nginx/configuration.ts";
import { blocksBelow, isOn, listAt, nearest, ownOf } from "../nginx/inherit.ts";
import type { Place, Site, Target } from "../site.ts";
import { allLines, settingBlock } from "./params.ts";
import type { Fix, Found, Rule } from "./rule.ts";
import { list, quote } from "./variables.ts";

/** For fixes that need an address and know none. */
const USUAL_SOCKET = "unix:/run/uisge/app.sock";
const OTHER_PASSES = new Set(["proxy_pass", "fastcgi_pass", "scgi_pass", "grpc_pass"]);
const VERIFY = "uwsgi_ssl_verify on;\nuwsgi_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;";

export const addressRules: readonly Rule[] = [
  {
    id: "pass-none",
    severity: "error",
    why: "Nothing here is passed on by uwsgi.",
    *find(site, told) {
      if (site.places.length > 0) return;
      const server = site.http === undefined ? undefined : ownOf(site.http, "server")[0]?.block;
      if (told.socket !== undefined && otherPasses(site).some(({ text }) => text === addressText(told.socket))) return;
      const isGiven = listAt(server, "uwsgi_param").length > 0;
      const lines = `${isGiven ? "" : `${allLines()}\n`}uwsgi_pass ${quote(addressText(told.socket))};`;
      const text = `location / {\n${indent(lines)}\n}`;
      const isFree = server !== undefined && !ownOf(server, "location").some(({ args }) => args.at(-1) === "/");
      yield {
        at: server ?? site.http ?? site.main,
        what: "there is no uwsgi_pass in this configuration",
        fix: [isFree ? { do: "add", block: server, text } : { do: "run", text: `write in a server block:\n${text}` }],
      };
    },
  },
  {
    id: "address-abstract",
    severity: "error",
    why: "nginx knows no abstract sockets: it looks for a file whose name begins with @. Every request gets a 502.",
    *find(site) {
      for (const target of targetsOf(site)) {
        if (target.address?.kind !== "unix" || !target.address.path.startsWith("@")) continue;
        yield moved(target, "is an abstract socket", USUAL_SOCKET);
      }
    },
  },
  {
    id: "address-relative",
    severity: "error",
    why: "nginx looks for it in the folder that it was started in, which is another after a reboot, and not the folder of this file.",
    *find(site) {
      for (const target of targetsOf(site)) {
        if (target.address?.kind !== "unix" || /^[/@]/.test(target.address.path)) continue;
        yield moved(target, "is a relative path", `unix:/run/uisge/${target.address.path.replace(/^.*\//, "")}`);
      }
    },
  },
  {
    id: "upstream-port",
    severity: "error",
    why: "A server of an upstream that is written without a port gets port 80, where an HTTP server is, if any.",
    *find(site) {
      for (const target of targetsOf(site)) {
        if (target.upstream === undefined || target.address !== undefined || /[:$]/.test(target.text)) continue;
        yield moved(target, "has no port", `${target.text}:3031`);
      }
    },
  },
  {
    id: "pass-to-http",
    severity: "error",
    why: "An HTTP server does not understand uwsgi: it answers 400, or waits, and nginx makes a 502 or 504 of it.",
    *find(site, told) {
      const own = new Set(ownPorts(site));
      for (const target of targetsOf(site)) {
        if (target.address?.kind !== "tcp") continue;
        const { host, port } = target.address;
        const isOwn = own.has(port) && hostOf(host) === "localhost";
        if (!isOwn && port !== 80 && port !== 443) continue;
        yield moved(
          target,
          isOwn ? "is a port that nginx itself listens on" : "is a port of HTTP servers",
          addressText(told.socket, "127.0.0.1:3031"),
        );
      }
    },
  },
  {
    id: "other-protocol",
    severity: "error",
    why: "One socket speaks one protocol. A uwsgi server refuses what HTTP and FastCGI look like, and nginx answers 502.",
    *find(site, told) {
      const uwsgi = new Set([...targetsOf(site)].map(({ text }) => text));
      for (const { upstream } of targetsOf(site)) if (upstream !== undefined) uwsgi.add(upstream.args[0] ?? "");
      if (told.socket !== undefined) uwsgi.add(addressText(told.socket));
      for (const { directive, text } of otherPasses(site)) {
        if (!uwsgi.has(text)) continue;
        yield {
          at: directive,
          what: `${directive.name} to ${text}, where a uwsgi server is`,
          fix: [{ do: "replace", directive, text: `uwsgi_pass ${quote(text)};` }],
        };
      }
    },
  },
  {
    id: "pass-elsewhere",
    severity: "error",
    why: "The application listens at one address, and nginx asks at another.",
    *find(site, told) {
      const { socket } = told;
      const [first] = site.places;
      if (socket === undefined || first === undefined) return;
      const targets = [...targetsOf(site)];
      if (targets.some((target) => isSame(target, socket)) || targets.some(({ text }) => text.includes("$"))) return;
      const isTls = socket.kind === "tls";
      const [target] = first.targets;
      if (target === undefined) return;
      const what = `no uwsgi_pass leads to ${formatAddress(socket)}; ${list([...new Set(targets.map(({ text }) => text))])} ${targets.length === 1 ? "is" : "are"} asked`;
      const fix: Fix =
        isTls || target.at.name !== "uwsgi_pass"
          ? { do: "replace", directive: first.pass, text: `uwsgi_pass ${quote(addressText(socket))};` }
          : readdressed(target, addressText(socket));
      yield { at: target.at, what, fix: [fix] };
    },
  },
  {
    id: "upstream-keepalive",
    severity: "warning",
    why: "nginx opens one connection for each uwsgi request, always: keepalive is for proxy_pass, fastcgi_pass and others. The line does nothing, and hides that connections are not reused.",
    *find(site) {
      const others = new Set(otherPasses(site).map(({ text }) => text));
      const upstreams = new Set(
        [...targetsOf(site)].flatMap(({ upstream }) => (upstream === undefined ? [] : [upstream])),
      );
      for (const upstream of upstreams) {
        if (others.has(upstream.args[0] ?? "")) continue;
        for (const directive of ownOf(upstream, "keepalive")) {
          yield { at: directive, what: "keepalive does nothing for uwsgi_pass", fix: [{ do: "remove", directive }] };
        }
      }
    },
  },
  {
    id: "tls-unverified",
    severity: "warning",
    why: "Without uwsgi_ssl_verify nginx takes any certificate: whoever is in between reads and answers requests.",
    *find({ places }) {
      for (const { block, pass, targets } of places) {
        if (!targets.some(({ isTls }) => isTls) || isOn(block, "uwsgi_ssl_verify", false)) continue;
        const set = settingBlock(block);
        const own = ownOf(set, "uwsgi_ssl_verify")[0];
        const fix: Fix[] =
          own === undefined
            ? [{ do: "add", block: set, text: VERIFY }]
            : [{ do: "replace", directive: own, text: VERIFY }];
        yield { at: pass, what: "the server's certificate is not looked at", fix };
      }
    },
  },
  {
    id: "cleartext-public",
    severity: "warning",
    why: "The uwsgi protocol knows neither password nor secrecy: on the way through a public network it can be read, and whoever reaches the port can name itself any user.",
    *find({ places }) {
      for (const { block, pass, targets } of places) {
        const open = targets.find(({ address, isTls }) => !isTls && address?.kind === "tcp" && isPublic(address.host));
        if (open === undefined || (pass.args[0] ?? "").includes("$")) continue;
        const text = `uwsgi_pass suwsgi://${(pass.args[0] ?? "").replace(/^uwsgi:\/\//, "")};`;
        const verify: Fix[] = isOn(block, "uwsgi_ssl_verify", false)
          ? []
          : [{ do: "add", block: settingBlock(block), text: VERIFY }];
        yield {
          at: pass,
          what: `requests go to ${open.text} as they are`,
          fix: [{ do: "replace", directive: pass, text }, ...verify],
        };
      }
    },
  },
  {
    id: "no-resolver",
    severity: "error",
    why: "A name that comes from a variable is looked up for each request, and without resolver nginx does not know whom to ask: 502.",
    *find(site) {
      for (const { pass, targets, block, server } of site.places) {
        if (!(pass.args[0] ?? "").includes("$") || nearest(block, "resolver") !== undefined) continue;
        const name = targets.find(({ address }) => address?.kind === "tcp" && isIP(address.host) === 0);
        if (name === undefined) continue;
        yield {
          at: pass,
          what: `${name.text} is a name, and there is no resolver; write the address of yours`,
          fix: [{ do: "add", block: server, text: "resolver 127.0.0.53 valid=30s;" }],
        };
      }
    },
  },
  {
    id: "retry-unsafe",
    severity: "warning",
    why: "A POST whose connection breaks is sent to the next server again, though the first may have done it: an order twice.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "uwsgi_next_upstream");
        if (directive === undefined || !directive.args.includes("non_idempotent")) continue;
        const words = directive.args.filter((word) => word !== "non_idempotent");
        const text = `uwsgi_next_upstream ${words.length === 0 ? "error timeout" : words.join(" ")};`;
        yield {
          at: directive,
          what: "requests are repeated that change something",
          fix: [{ do: "replace", directive, text }],
        };
      }
    },
  },
];

function targetsOf({ places }: Site): Iterable<Target> {
  return new Set(places.flatMap(({ targets }: Place) => targets));
}

/** What the directives of other protocols lead to: a text as `uwsgi_pass` would have it. */
function otherPasses({ http }: Site): readonly { readonly directive: Directive; readonly text: string }[] {
  if (http === undefined) return [];
  return [...blocksBelow(http)].flatMap((block) =>
    block.directives
      .filter(({ name }) => OTHER_PASSES.has(name))
      .map((directive) => ({ directive, text: serverText(directive.args[0] ?? "") })),
  );
}

/** `http://unix:/path:/uri` and `http://host:port/uri` without scheme and URI. */
function serverText(url: string): string {
  const text = url.replace(/^\w+:\/\//, "");
  return (text.startsWith("unix:") ? /^unix:[^:]*/ : /^[^/]*/).exec(text)?.[0] ?? text;
}

function ownPorts({ http }: Site): readonly number[] {
  const servers = http === undefined ? [] : ownOf(http, "server");
  return servers.flatMap(({ block }) =>
    block === undefined
      ? []
      : ownOf(block, "listen").map(({ args }) => Number(/(?:^|:)([0-9]+)$/.exec(args[0] ?? "")?.[1] ?? 80)),
  );
}

/** As nginx writes it. */
export function addressText(address: Address | undefined, fallback: string = USUAL_SOCKET): string {
  if (address === undefined) return fallback;
  const text = formatAddress(address);
  return address.kind === "unix" ? `unix:${text}` : text;
}

function isSame(target: Target, socket: Address): boolean {
  const plain = socket.kind === "tls" ? socket.over : socket;
  const { address, isTls } = target;
  if (address === undefined || isTls !== (socket.kind === "tls")) return false;
  if (address.kind !== "tcp" || plain.kind !== "tcp") return formatAddress(address) === formatAddress(plain);
  const isAny = plain.host === "0.0.0.0" || plain.host === "::";
  return address.port === plain.port && (isAny || hostOf(address.host) === hostOf(plain.host));
}

/** The names of this machine for itself are one. */
function hostOf(host: string): string {
  return /^(?:127\.|localhost$|::1$)/.test(host) ? "localhost" : host;
}

function moved(target: Target, what: string, to: string): Found {
  return { at: target.at, what: `${target.text} ${what}`, fix: [readdressed(target, to)] };
}

/** The same line with another address; a person's work where a variable holds it. */
function readdressed({ at, text, isTls }: Target, to: string): Fix {
  const written = `${isTls && at.name === "uwsgi_pass" ? "suwsgi://" : ""}${text}`;
  const args = at.args.map((arg) =>
    quote(arg === written ? arg.replace(text, to) : arg.replace(/^uwsgi:\/\//, "") === text ? to : arg),
  );
  if (!at.args.some((arg) => arg.endsWith(text))) return { do: "run", text: `write ${to} in place of ${text}` };
  return { do: "replace", directive: at, text: `${at.name} ${args.join(" ")};` };
}

/** An address that other people's machines have; names are not looked up. */
function isPublic(host: string): boolean {
  if (isIP(host) === 0) return false;
  if (isIP(host) === 6) return !/^(?:::1?$|f[cd]|fe[89ab])/i.test(host);
  return !/^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
    host,
  );
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
