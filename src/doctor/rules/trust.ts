/** Rules on what a client may claim, and who believes it. */
import { isOn, listAt, nearest } from "../nginx/inherit.ts";
import type { Place } from "../site.ts";
import { emptied, isUnsure, paramBlock, paramsOf, settingBlock, STOCK, stockLines } from "./params.ts";
import type { Rule } from "./rule.ts";
import { list } from "./variables.ts";

/** Headers by which proxies tell of the hop before them, and what nginx itself knows instead. */
const forwarded: ReadonlyMap<string, string> = new Map([
  ["HTTP_FORWARDED", '"" if_not_empty'],
  ["HTTP_X_FORWARDED_FOR", "$remote_addr"],
  ["HTTP_X_FORWARDED_HOST", "$host"],
  ["HTTP_X_FORWARDED_PORT", "$server_port"],
  ["HTTP_X_FORWARDED_PROTO", "$scheme"],
  ["HTTP_X_FORWARDED_SSL", "$https if_not_empty"],
  ["HTTP_X_REAL_IP", "$remote_addr"],
]);

/** What applications believe because a front end says it. */
const TRUSTED = new Set([
  "REMOTE_ADDR",
  "REMOTE_USER",
  "AUTH_TYPE",
  "HTTPS",
  "REQUEST_SCHEME",
  "SERVER_PORT",
  "SERVER_NAME",
]);

const FROM_CLIENT = /\$\{?(?:http_|arg_|cookie_|proxy_add_x_forwarded_for)/;

export const trustRules: readonly Rule[] = [
  {
    id: "param-from-client",
    severity: "error",
    why: "Applications believe this var because it comes from nginx. Here a client writes it: it can be anybody, from anywhere.",
    *find({ places }) {
      for (const place of places) {
        for (const { name, value, directive } of paramsOf(place.block)) {
          if (!TRUSTED.has(name) || !FROM_CLIENT.test(value)) continue;
          // What the proxy in front says is for it to keep clean; a user name is never taken from a header.
          if (isBehindProxy(place) && name !== "REMOTE_USER" && name !== "AUTH_TYPE") continue;
          const text =
            name === "REMOTE_USER" ? "uwsgi_param REMOTE_USER $remote_user if_not_empty;" : stockLines([name]);
          yield {
            at: directive,
            what: `${name} is taken from ${value}, which the client sends`,
            fix: [
              STOCK.has(name) || name === "REMOTE_USER"
                ? { do: "replace", directive, text }
                : { do: "remove", directive },
            ],
          };
        }
      }
    },
  },
  {
    id: "forwarded-appended",
    severity: "warning",
    why: "What the client wrote comes first, and that is what many frameworks take for its address. Behind no other proxy there is nothing to append to.",
    *find({ places }) {
      for (const place of places) {
        if (isBehindProxy(place)) continue;
        for (const { name, value, directive } of paramsOf(place.block)) {
          const own = forwarded.get(name);
          if (own === undefined || !FROM_CLIENT.test(value)) continue;
          const text = `uwsgi_param ${name} ${own};`;
          yield {
            at: directive,
            what: `${name} begins with what the client sent`,
            fix: [{ do: "replace", directive, text }],
          };
        }
      }
    },
  },
  {
    id: "forwarded-headers",
    severity: "hint",
    why: "This nginx is the first hop, so a client that sends such headers makes them up. Frameworks that are told to trust their proxy take the client's address and scheme from them.",
    *find({ places }) {
      for (const place of places) {
        const names = paramsOf(place.block).map(({ name }) => name);
        if (isBehindProxy(place) || names.length === 0 || !passesHeaders(place) || isUnsure(place.block)) continue;
        const open = [...forwarded.keys()].filter((name) => !names.includes(name));
        if (open.length === 0) continue;
        const block = paramBlock(place.block);
        const text = emptied(open);
        yield { at: block, what: `clients can send ${list(open)}`, fix: [{ do: "add", block, text }] };
      }
    },
  },
  {
    id: "httpoxy",
    severity: "hint",
    why: "Programs that the application starts take HTTP_PROXY for their proxy, and a client can send a header Proxy. uisge drops it; uWSGI does not.",
    *find({ places }) {
      for (const place of places) {
        const params = paramsOf(place.block);
        if (params.length === 0 || !passesHeaders(place) || isUnsure(place.block)) continue;
        if (params.some(({ name }) => name === "HTTP_PROXY")) continue;
        const block = paramBlock(place.block);
        const text = emptied(["HTTP_PROXY"]);
        yield { at: block, what: "the client's header Proxy is passed on", fix: [{ do: "add", block, text }] };
      }
    },
  },
  {
    id: "real-ip-anyone",
    severity: "error",
    why: "Every client may then say what its address is: REMOTE_ADDR, the access log and limits by address mean nothing.",
    *find({ places }) {
      for (const { block } of places) {
        for (const directive of listAt(block, "set_real_ip_from")) {
          if (directive.args[0]?.endsWith("/0") !== true) continue;
          const text = "set_real_ip_from 10.0.0.0/8;";
          const what = "every address counts as a proxy of ours; write that of your proxy";
          yield { at: directive, what, fix: [{ do: "replace", directive, text }] };
        }
      }
    },
  },
  {
    id: "real-ip-unused",
    severity: "warning",
    why: "nginx looks at the header only where the connection comes from an address of set_real_ip_from: REMOTE_ADDR stays that of the proxy.",
    *find({ places }) {
      for (const { block } of places) {
        const directive = nearest(block, "real_ip_header");
        if (directive === undefined || listAt(block, "set_real_ip_from").length > 0) continue;
        const what = "real_ip_header without set_real_ip_from does nothing";
        yield { at: directive, what, fix: [{ do: "remove", directive }] };
      }
    },
  },
  {
    id: "underscores-in-headers",
    severity: "warning",
    why: "X-Real-IP and X_Real_IP both become HTTP_X_REAL_IP: a client can put its own beside the one that a proxy sets, and nobody can tell them apart.",
    *find({ places }) {
      for (const { server } of places) {
        const directive = nearest(server, "underscores_in_headers");
        if (directive?.args[0] !== "on") continue;
        const fix = { do: "replace", directive, text: "underscores_in_headers off;" } as const;
        yield { at: directive, what: "headers with an underscore in their name are passed on", fix: [fix] };
      }
    },
  },
  {
    id: "invalid-headers",
    severity: "warning",
    why: "Names with characters that no header has become vars that nobody expects, and some of them another header's.",
    *find({ places }) {
      for (const { server } of places) {
        const directive = nearest(server, "ignore_invalid_headers");
        if (directive?.args[0] !== "off") continue;
        const fix = { do: "replace", directive, text: "ignore_invalid_headers on;" } as const;
        yield { at: directive, what: "headers with invalid names are passed on", fix: [fix] };
      }
    },
  },
  {
    id: "host-without-port",
    severity: "hint",
    why: "$host has no port. Links and redirects that the application makes from it lead to the standard port, and checks of the Origin header fail.",
    *find({ places }) {
      for (const { block, listens } of places) {
        const ports = listens.filter(({ port, isTls }) => port !== undefined && port !== (isTls ? 443 : 80));
        if (ports.length === 0) continue;
        for (const { name, value, directive } of paramsOf(block)) {
          if (name !== "HTTP_HOST" || value !== "$host") continue;
          const what = `HTTP_HOST is $host, and this server listens on port ${list(ports.map(({ port }) => String(port)))}`;
          const text = "uwsgi_param HTTP_HOST $host:$server_port;";
          yield { at: directive, what, fix: [{ do: "replace", directive, text }] };
        }
      }
    },
  },
  {
    id: "slashes-unmerged",
    severity: "warning",
    why: "//admin/ then is no longer what `location /admin/` means: rules of nginx can be gone around, and the application sees both slashes.",
    *find({ places }) {
      for (const { server } of places) {
        const directive = nearest(server, "merge_slashes");
        if (directive?.args[0] !== "off") continue;
        const fix = { do: "replace", directive, text: "merge_slashes on;" } as const;
        yield { at: directive, what: "double slashes stay in the path", fix: [fix] };
      }
    },
  },
];

function isBehindProxy({ block }: Place): boolean {
  return listAt(block, "set_real_ip_from").length > 0;
}

function passesHeaders({ block }: Place): boolean {
  return isOn(settingBlock(block), "uwsgi_pass_request_headers", true);
}
