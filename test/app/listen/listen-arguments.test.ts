import test from "ava";
import { addressOf, describeAsked, isAsked, readListenArguments } from "../../../src/app/listen/listen-arguments.ts";

const callback = (): void => {};
const { signal } = new AbortController();

for (const [about, args, expected] of [
  ["nothing", [], "port 0"],
  ["a callback", [callback], "port 0"],
  ["a port", [3000], "port 3000"],
  ["a port as text, as it comes from the environment", ["3000"], "port 3000"],
  ["a port that is not set", [undefined, callback], "port 0"],
  ["null", [null], "port 0"],
  ["a port and a host", [3000, "127.0.0.1"], "127.0.0.1:3000"],
  ["a port and an IPv6 host", [3000, "::1", 511, callback], "[::1]:3000"],
  ["a port and a backlog", [3000, 511, callback], "port 3000"],
  ["a path", ["/run/app.sock", callback], "/run/app.sock"],
  ["options with a port", [{ port: 3000, host: "localhost", backlog: 5 }, callback], "localhost:3000"],
  ["options with a port as text", [{ port: "3000" }], "port 3000"],
  ["options whose port is not set", [{ port: undefined }], "port 0"],
  ["options with a path", [{ path: "app.sock" }], "app.sock"],
  ["options with an empty path and a port", [{ path: "", port: 1 }], "port 1"],
  ["options with a descriptor", [{ fd: 3 }], "fd 3"],
  ["options that Node refuses", [{}], undefined],
  ["a port out of range", [65_536], undefined],
  ["a port below", [-1], undefined],
  ["a port that is a fraction", [1.5], undefined],
  ["something else", [true], undefined],
  ["a handle", [{ _handle: {} }], undefined],
] as const) {
  test(`listen with ${about} asks for ${expected ?? "nothing that is known"}`, (t) => {
    const call = readListenArguments(args);
    t.is(call && describeAsked(call.asked), expected);
    if (call !== undefined) t.is(call.callback, (args as readonly unknown[]).includes(callback) ? callback : undefined);
  });
}

test("a signal is found in the options", (t) => {
  t.is(readListenArguments([{ port: 1, signal }])?.signal, signal);
});

for (const [args, which, expected] of [
  [[3000], "3000", true],
  [[3000], "port 3000", true],
  [[3000, "127.0.0.1"], "3000", true],
  [[3000, "127.0.0.1"], "127.0.0.1:3000", true],
  [[3000], "127.0.0.1:3000", false],
  [[3000], "300", false],
  [["/run/app.sock"], "/run/app.sock", true],
  [["/run/app.sock"], "3000", false],
] as const) {
  test(`${JSON.stringify(args)} is ${expected ? "" : "not "}what ${which} names`, (t) => {
    const call = readListenArguments(args);
    t.is(call && isAsked(call.asked, which), expected);
  });
}

for (const [args, expected] of [
  [[3000], { address: "::", family: "IPv6", port: 3000 }],
  [[0], { address: "::", family: "IPv6", port: 0 }],
  [[3000, "10.0.0.1"], { address: "10.0.0.1", family: "IPv4", port: 3000 }],
  [[3000, "localhost"], { address: "127.0.0.1", family: "IPv4", port: 3000 }],
  [["/run/app.sock"], "/run/app.sock"],
] as const) {
  test(`a server that has asked for ${JSON.stringify(args)} answers its address`, (t) => {
    const call = readListenArguments(args);
    t.deepEqual(call && addressOf(call.asked), expected);
  });
}
