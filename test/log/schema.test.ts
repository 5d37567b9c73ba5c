/** The table of members in docs/logs.md, against lines as they are written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import {
  acceptFailed,
  announceFailed,
  appMessage,
  connectionRefused,
  exchangeEnd,
  exchangeError,
  hookFailed,
  largeHead,
  loaderVarSeen,
  nodeChanged,
  socketLost,
  subscriptionChanged,
  subscriptionRefused,
  transportFallback,
} from "../../src/diagnostics.ts";
import { ProtocolError } from "../../src/errors.ts";
import { ErrorLog, logServer, logUpstream } from "../../src/log/index.ts";
import { ManagerLog } from "../../src/manager/master/manager-log.ts";
import { endOf, environOf, failureOf } from "../helpers/messages.ts";
import { projectRoot } from "../helpers/project.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

const kinds = ["access", "request", "life-cycle"] as const;
type Kind = (typeof kinds)[number];
type Line = Readonly<Record<string, unknown>>;

/** Member -> kind -> `always`, `may` or "". */
const table = new Map<string, Readonly<Record<Kind, string>>>();
for (const [, member = "", access = "", request = "", life = ""] of readFileSync(
  join(projectRoot, "docs/logs.md"),
  "utf8",
).matchAll(/^\| `(\w+)` \| (always|may)? ?\| (always|may)? ?\| (always|may)? ?\| /gm)) {
  table.set(member, { access, request, "life-cycle": life });
}

function kindOf(line: Line): Kind {
  if (line["event"] === "access") return "access";
  return "request_id" in line ? "request" : "life-cycle";
}

const environ = environOf({
  REQUEST_METHOD: "GET",
  REQUEST_URI: "/a?b=c",
  SERVER_PROTOCOL: "HTTP/1.1",
  REMOTE_ADDR: "192.0.2.1",
  REMOTE_USER: "ann",
  HTTP_HOST: "example.test",
  HTTP_REFERER: "http://example.test/",
  HTTP_USER_AGENT: "curl/8",
  HTTP_TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
});
const boom = Object.assign(new Error("boom"), { code: "E_BOOM" });
const refused = new ProtocolError("x", { code: "UWSGI_EMPTY_KEY" });

/** Lines of everything that is logged, in a worker and outside of one, with much to say and with little. */
function allLines(): readonly Line[] {
  const lines: string[] = [];
  const sink = { write: (line: string) => lines.push(line) };
  for (const worker of [{ worker: 3 }, {}]) {
    const server = {};
    const stop = logServer(server, {
      access: sink,
      accessFormat: "json",
      errors: sink,
      errorFormat: "json",
      ...worker,
    });
    for (const about of [environ, environOf({})]) {
      const from = { server, environ: about, requestId: "r1" };
      exchangeEnd.publish(endOf(from));
      exchangeError.publish(failureOf(boom, from));
      largeHead.publish({ ...from, bytes: 5_000 });
      largeHead.publish({ ...from, bytes: 5_001 });
      loaderVarSeen.publish({ ...from, peer: "p", name: "UWSGI_FILE" });
      appMessage.publish({ ...from, text: "hello" });
      connectionRefused.publish({ ...from, peer: "p", error: refused, status: 400 });
    }
    const other = new ProtocolError("x", { code: "UWSGI_BAD_METHOD" });
    for (const status of [400, 0, 0]) connectionRefused.publish({ server, peer: "p", error: other, status });
    acceptFailed.publish({ server, address: "a", error: boom });
    announceFailed.publish({ server, error: refused });
    socketLost.publish({ server, address: "a", how: "removed", isRecreated: false });
    transportFallback.publish({ server, reason: "r" });
    hookFailed.publish({ server, hook: "stop", error: boom });
    subscriptionRefused.publish({ server, peer: "p", error: refused });
    subscriptionChanged.publish({ server, change: "removed", key: "k", address: "a", because: "silent" });
    stop();
  }
  const upstream = {};
  const stop = logUpstream(upstream, { errors: sink, errorFormat: "json" });
  nodeChanged.publish({ upstream, node: "n", state: "down", why: "refused" });
  stop();
  return [...lines, ...droppedLines(), ...managerLines()].map((line) => JSON.parse(line) as Line);
}

function droppedLines(): string[] {
  const lines: string[] = [];
  let isFull = true;
  const write = (line: string): void => {
    if (isFull) throw new Error("disk full");
    lines.push(line);
  };
  const log = new ErrorLog({ write }, "json");
  log.write({ level: "info", event: "cli", text: "lost" });
  isFull = false;
  log.write({ level: "info", event: "cli", text: "kept" });
  return lines;
}

function managerLines(): string[] {
  using folder = tempFolder();
  const errorFile = folder.file("error.log");
  const log = new ManagerLog({ access: "off", errors: "json", errorFile });
  log.write("info", "worker", "worker 3 serves", 3);
  log.write("info", "command", "reload");
  log.close();
  return readFileSync(errorFile, "utf8").trim().split("\n");
}

const lines = allLines();

test("the page has a row for each member, and lines of each kind are there to be looked at", (t) => {
  t.is(table.size, 40);
  for (const kind of kinds) t.true(lines.filter((line) => kindOf(line) === kind).length > 3, kind);
});

for (const kind of kinds) {
  const own = lines.filter((line) => kindOf(line) === kind);

  test(`${kind}: every member that a line has is in the table`, (t) => {
    for (const line of own) {
      const unknown = Object.keys(line).filter((name) => !table.get(name)?.[kind]);
      t.deepEqual(unknown, [], JSON.stringify(line));
    }
  });

  test(`${kind}: every line has what the table says is always there`, (t) => {
    for (const [member, row] of table) {
      if (row[kind] === "always")
        t.true(
          own.every((line) => member in line),
          member,
        );
    }
  });

  test(`${kind}: what the table says may be there is in some lines, and what it does not have in none`, (t) => {
    for (const [member, row] of table) {
      if (row[kind] === "may")
        t.true(
          own.some((line) => member in line),
          member,
        );
    }
    const never = [...table].filter(([, row]) => row[kind] === "").map(([member]) => member);
    t.false(own.some((line) => never.some((member) => member in line)));
  });
}

test("members have one type in all lines, and the first four their place", (t) => {
  const types = new Map<string, unknown>();
  for (const line of lines) {
    t.deepEqual(Object.keys(line).slice(0, 4), ["time", "level", "event", "pid"]);
    for (const [name, value] of Object.entries(line)) {
      const type: unknown = typeof value;
      t.is(type, types.get(name) ?? type, name);
      types.set(name, type);
    }
  }
  t.true(lines.every(({ pid, level }) => pid === process.pid && /^(?:error|warn|info)$/.test(String(level))));
  t.true(lines.some(({ worker, event }) => worker === 3 && event === "manager:worker"));
});
