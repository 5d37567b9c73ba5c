/**
 * What each modifier1 means, as data.
 *
 * Numbers and meanings from uWSGI's `uwsgi.h`, its plugins and its protocol page; where the page and
 * the code disagree the code is followed and `status` says so. A number that is not listed is
 * unassigned: uWSGI closes the connection ("unavailable modifier requested").
 */

/** What the payload is: a key/value block, an array of items, bytes, ignored, or by modifier2. */
export type PayloadKind = "vars" | "array" | "bytes" | "ignored" | "by-modifier2";

/**
 * `served`: a plugin or the core of uWSGI answers it. `datagram`: only over UDP or a datagram socket.
 * `reply`: only ever sent as an answer. `internal`: only between uWSGI's own processes.
 * `documented`: on the protocol page or in a header, but no code answers it. `reserved`: kept free.
 */
export type ModifierStatus = "served" | "datagram" | "reply" | "internal" | "documented" | "reserved";

export interface Modifier {
  readonly modifier1: number;
  readonly name: string;
  readonly payload: PayloadKind;
  /** What modifier2 says; "ignored" where it says nothing. */
  readonly modifier2: string;
  /** What follows the packet and what comes back. `http`: a body of CONTENT_LENGTH bytes, an HTTP response. */
  readonly exchange: string;
  readonly status: ModifierStatus;
  /** The part of uWSGI that this row was read from. */
  readonly source: string;
}

type Row = readonly [
  modifier1: number,
  name: string,
  payload: PayloadKind,
  modifier2: string,
  exchange: string,
  status: ModifierStatus,
  source: string,
];

const rows: readonly Row[] = [
  [0, "WSGI (Python) request", "vars", "ignored", "http", "served", "plugins/python, plugins/pypy"],
  [1, "reserved for Unbit hosting", "bytes", "-", "-", "reserved", "protocol page"],
  [2, "reserved for Unbit hosting", "bytes", "-", "-", "reserved", "protocol page"],
  [3, "reserved for Unbit hosting", "bytes", "-", "-", "reserved", "protocol page"],
  [5, "PSGI (Perl) request", "vars", "ignored", "http", "served", "plugins/psgi"],
  [6, "Lua WSAPI request", "vars", "ignored", "http", "served", "plugins/lua"],
  [7, "Rack (Ruby) request", "vars", "ignored", "http", "served", "plugins/rack"],
  [8, "JVM request", "vars", "handler: 0 JWSGI, 1 Ring", "http", "served", "plugins/jvm"],
  [9, "CGI script request", "vars", "ignored", "http", "served", "plugins/cgi"],
  [
    10,
    "management flag",
    "bytes",
    "flag, 0-16",
    "u32 value to set it",
    "documented",
    "protocol page; uwsgi.h has the number only",
  ],
  [11, "Go (gccgo) request", "vars", "ignored", "http", "served", "plugins/gccgo; not on the protocol page"],
  [14, "PHP request", "vars", "ignored", "http", "served", "plugins/php"],
  [15, "Mono ASP.NET request", "vars", "ignored", "http", "served", "plugins/mono"],
  [
    17,
    "spooler task",
    "vars",
    "ignored",
    "no body / header 255, modifier2 1 stored, 0 failed",
    "served",
    "plugins/spooler",
  ],
  [18, "direct call of a C symbol", "vars", "0-255, given to the function", "http", "served", "plugins/symcall"],
  [19, "server-side includes", "vars", "ignored", "http", "served", "plugins/ssi; not on the protocol page"],
  [
    22,
    "raw code evaluation",
    "bytes",
    "language: 0 Python, 5 Perl",
    "raw",
    "documented",
    "uwsgi.h (UWSGI_MODIFIER_EVAL)",
  ],
  [23, "XSLT transformation", "vars", "ignored", "http", "served", "plugins/xslt"],
  [24, "V8 (JavaScript) request", "vars", "ignored", "http", "served", "plugins/v8"],
  [25, "GridFS file", "vars", "ignored", "http", "served", "plugins/gridfs"],
  [
    26,
    "fast function (page: GlusterFS)",
    "vars",
    "-",
    "http",
    "documented",
    "uwsgi.h says FASTFUNC, the page GlusterFS; nothing answers",
  ],
  [27, "GlusterFS file (page: fast function)", "vars", "ignored", "http", "served", "plugins/glusterfs"],
  [28, "Rados object", "vars", "ignored", "http", "served", "plugins/rados"],
  [
    30,
    "WSGI request, SCRIPT_NAME to be cut from PATH_INFO",
    "vars",
    "ignored",
    "http",
    "served",
    "plugins/python; with Python 3 the cut never happens",
  ],
  [31, "generic message", "bytes", "0-255", "-", "documented", "uwsgi.h"],
  [32, "array message", "array", "0-255", "-", "documented", "uwsgi.h"],
  [33, "marshalled message", "bytes", "0-255", "-", "documented", "uwsgi.h"],
  [
    35,
    "WebDAV request",
    "vars",
    "ignored; on a fork server's socket a mask of 1, 2, 4",
    "http",
    "served",
    "plugins/webdav, core/emperor.c",
  ],
  [48, "SNMP (0x30 is ASN.1 SEQUENCE)", "bytes", "-", "SNMP, not uwsgi", "datagram", "core/master.c"],
  [72, "HTTP response ('HTTP' read as a header)", "bytes", "'P'", "-", "documented", "protocol page"],
  [73, "multicast announcement", "bytes", "type", "none", "datagram", "core/master.c ignores it"],
  [74, "custom multicast message", "bytes", "ignored", "none", "datagram", "uwsgi.h"],
  [
    95,
    "cluster membership",
    "vars",
    "0 add, 1 remove, 2 enable, 3 disable",
    "none",
    "documented",
    "protocol page; removed from the code",
  ],
  [96, "remote log line", "bytes", "ignored", "none", "datagram", "core/master.c logs any datagram"],
  [97, "brutal reload", "ignored", "0 request, 1 acknowledged", "header", "documented", "protocol page"],
  [98, "graceful reload", "ignored", "0 request, 1 acknowledged", "header", "documented", "protocol page"],
  [99, "request for configuration", "bytes", "0, 1", "header", "documented", "protocol page"],
  [
    100,
    "ping",
    "ignored",
    "0 ping, 1 pong",
    "header 100, modifier2 1, payload a warning if any",
    "served",
    "plugins/ping",
  ],
  [101, "echo", "bytes", "ignored", "the payload, without a header", "served", "plugins/echo"],
  [
    109,
    "legion announcement",
    "bytes",
    "ignored",
    "none; datasize is the length in clear",
    "datagram",
    "core/legion.c",
  ],
  [
    110,
    "uwsgi signal",
    "ignored",
    "signal, 0-255",
    "header 255, modifier2 1 queued, 0 queue full",
    "served",
    "plugins/signal",
  ],
  [
    111,
    "cache",
    "by-modifier2",
    "0 get, 1 set, 2 del, 3 and 4 by vars, 5 stream, 6 dump, 10 and 11 datagram, 17 by vars",
    "17: vars, then a value of `size` bytes",
    "served",
    "plugins/cache",
  ],
  [115, "configuration for a vassal", "bytes", "ignored", "none", "internal", "core/emperor.c"],
  [123, "raw body marker in a subscription", "bytes", "ignored", "-", "internal", "plugins/http"],
  [
    173,
    "remote procedure call",
    "by-modifier2",
    "0 array in packet out, 1 raw out, 2 by PATH_INFO, 3 XML-RPC, 5 a long result",
    "see modifier2",
    "served",
    "plugins/rpc",
  ],
  [200, "close mark of a persistent connection", "ignored", "ignored", "-", "documented", "protocol page"],
  [224, "subscription", "vars", "0 subscribe, 1 unsubscribe", "none", "datagram", "core/subscription.c"],
  [250, "examples and C++ plugins", "vars", "ignored", "http", "served", "plugins/example, plugins/cplusplus"],
  [255, "generic response", "ignored", "result: 1 success, 0 failure", "-", "reply", "plugins/spooler, plugins/signal"],
];

/** The known modifiers by number. */
export const modifiers: ReadonlyMap<number, Modifier> = new Map(
  rows.map(([modifier1, name, payload, modifier2, exchange, status, source]) => [
    modifier1,
    { modifier1, name, payload, modifier2, exchange, status, source },
  ]),
);

/** @internal Payload kind by modifier1, for the hot path; undefined for unassigned numbers. */
export const payloadOf: readonly (PayloadKind | undefined)[] = Array.from(
  { length: 256 },
  (_, modifier1) => modifiers.get(modifier1)?.payload,
);
