import test from "ava";
import { errorCode } from "../../../src/errors.ts";
import { type HandedSocket, takeHandover, writeHandover } from "../../../src/manager/sockets/handover.ts";

const sockets: readonly HandedSocket[] = [
  {
    fd: 17,
    asked: "/run/app.sock",
    name: "/run/app.sock",
    address: { kind: "unix", path: "/run/app.sock" },
    // More than a number of JavaScript's holds.
    file: { dev: 26n, ino: 18_446_744_073_709_551_615n },
  },
  {
    fd: 12,
    asked: "127.0.0.1:0",
    name: "app",
    address: { kind: "tcp", host: "127.0.0.1", port: 4_711 },
    file: undefined,
  },
];

test("what a master writes is read by the next, with the descriptors that it has", (t) => {
  const env = { ...writeHandover(sockets, 4) };
  t.deepEqual(
    takeHandover(env),
    sockets.map((socket, index) => ({ ...socket, fd: 4 + index })),
  );
});

test("what was handed over is removed, so that no child reads it", (t) => {
  const env: NodeJS.ProcessEnv = { ...writeHandover(sockets, 3), OTHER: "x" };
  takeHandover(env);
  t.deepEqual(env, { OTHER: "x" });
});

test("where nothing was handed over there is none", (t) => {
  t.is(takeHandover({ OTHER: "x" }), undefined);
});

test("the key of a certificate is not handed over by the environment", (t) => {
  const tls = { cert: "certificate", key: "secret" };
  const withTls = sockets.map((socket) => Object.assign({ tls }, socket));
  const text = JSON.stringify(writeHandover(withTls, 3));
  t.false(text.includes("secret"));
});

const whole = { fd: 3, asked: "a", name: "a", address: { kind: "unix", path: "/a" } };

for (const [what, text] of [
  ["no JSON", "fd 3"],
  ["no array", JSON.stringify(whole)],
  ["a socket that is null", "[null]"],
  ["no descriptor", JSON.stringify([{ ...whole, fd: undefined }])],
  ["a standard stream", JSON.stringify([{ ...whole, fd: 2 }])],
  ["no name", JSON.stringify([{ ...whole, name: 3 }])],
  ["no address", JSON.stringify([{ ...whole, address: "/a" }])],
  ["a file without numbers", JSON.stringify([{ ...whole, file: { dev: "x", ino: "1" } }])],
  ["a file that is null", JSON.stringify([{ ...whole, file: null }])],
] as const) {
  test(`${what} is refused by what was seen`, (t) => {
    const error = t.throws(() => takeHandover({ UISGE_HANDOVER: text }), { instanceOf: TypeError });
    t.is(errorCode(error), "UWSGI_INVALID_ARGUMENT");
    t.true(error.message.endsWith(text));
  });
}
