import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import {
  AppError,
  ConnectionError,
  errorCode,
  LimitError,
  ProtocolError,
  rangeError,
  typeError,
  UwsgiError,
} from "../src/errors.ts";
import { projectRoot } from "./helpers/project.ts";

const source = readFileSync(join(projectRoot, "src", "errors.ts"), "utf8");
const union = /export type ErrorCode =(.*?");/s.exec(source)?.[1] ?? "";
const codes = [...union.matchAll(/\|\s*"(\w+)"/g)].map(([, code]) => code ?? "");

const folder = join(projectRoot, "test");
const tests = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts") && path !== "errors.test.ts")
  .map((path) => readFileSync(join(folder, path), "utf8"))
  .join("\n");

test("the codes are found in the source", (t) => {
  t.true(codes.length > 20 && codes.includes("UWSGI_TRUNCATED_PACKET"));
});

for (const code of codes) {
  test(`${code} is named by a test`, (t) => {
    t.true(new RegExp(`["'\`]${code}["'\`]`).test(tests));
  });
}

test("each code has a doc line", (t) => {
  const documented = new Set([...union.matchAll(/\/\*\* [A-Z][^\n]*\. \*\/\s*\|\s*"(\w+)"/g)].map(([, code]) => code));
  t.deepEqual(
    codes.filter((code) => !documented.has(code)),
    [],
  );
});

test("no code is there twice", (t) => {
  t.deepEqual([...new Set(codes)], codes);
});

test("an error has its name, code, message and cause", (t) => {
  const cause = new Error("why");
  const error = new UwsgiError("what", { code: "UWSGI_PEER_GONE", cause });
  t.deepEqual([error.name, error.code, error.message, error.cause], ["UwsgiError", "UWSGI_PEER_GONE", "what", cause]);
});

test("an error without a cause has no property of that name", (t) => {
  t.false("cause" in new UwsgiError("what", { code: "UWSGI_PEER_GONE" }));
});

test("a protocol error knows the offset, if there is one", (t) => {
  t.is(new ProtocolError("what", { code: "UWSGI_EMPTY_KEY", offset: 0 }).offset, 0);
  t.is(new ProtocolError("what", { code: "UWSGI_EMPTY_KEY" }).offset, undefined);
});

test("a limit error is a protocol error is a UwsgiError is an Error", (t) => {
  const error = new LimitError("what", { code: "UWSGI_VARS_LIMIT", offset: 7 });
  t.deepEqual(
    [LimitError, ProtocolError, UwsgiError, Error].map((kind) => error instanceof kind),
    [true, true, true, true],
  );
  t.deepEqual([error.name, error.offset], ["LimitError", 7]);
});

for (const [kind, name] of [
  [ConnectionError, "ConnectionError"],
  [AppError, "AppError"],
] as const) {
  test(`a ${name} is a UwsgiError and no ProtocolError`, (t) => {
    const error = new kind("what", { code: "UWSGI_PEER_GONE" });
    t.is(error.name, name);
    t.deepEqual([error instanceof UwsgiError, error instanceof ProtocolError], [true, false]);
  });
}

test("a caller's mistake is a TypeError or a RangeError with a code", (t) => {
  const [type, range] = [typeError("UWSGI_INVALID_ARGUMENT", "what"), rangeError("UWSGI_BUFFER_TOO_SMALL", "much")];
  t.deepEqual([type instanceof TypeError, type.code, type.message], [true, "UWSGI_INVALID_ARGUMENT", "what"]);
  t.deepEqual([range instanceof RangeError, range.code, range.message], [true, "UWSGI_BUFFER_TOO_SMALL", "much"]);
  t.deepEqual([type instanceof UwsgiError, range instanceof UwsgiError], [false, false]);
});

test("errorCode answers the code of any error, ours or Node's", (t) => {
  const seen = [new UwsgiError("", { code: "UWSGI_PEER_GONE" }), Object.assign(new Error("x"), { code: "ECONNRESET" })];
  t.deepEqual(seen.map(errorCode), ["UWSGI_PEER_GONE", "ECONNRESET"]);
});

test("errorCode of what has no code, or one that is not text, is undefined", (t) => {
  const without = [undefined, null, "UWSGI_PEER_GONE", 5, {}, new Error("x"), { code: 5 }, () => undefined];
  t.deepEqual(
    without.map(errorCode),
    without.map(() => undefined),
  );
});
