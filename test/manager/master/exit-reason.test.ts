import test from "ava";
import { exitReason, type WorkerEnd } from "../../../src/manager/master/exit-reason.ts";

const nothing: WorkerEnd = { code: null, signal: null };

for (const [how, end, said] of [
  ["an exit with 0", { code: 0 }, "exit 0"],
  ["an unknown code", { code: 42 }, "exit 42"],
  ["an error of nobody", { code: 1 }, "exit 1: an error that nobody caught, or process.exit(1)"],
  [
    "an application that did not load",
    { code: 70, failed: { message: "app.js:3 is no JavaScript" } },
    "exit 70: the application failed to load: app.js:3 is no JavaScript",
  ],
  [
    "an abort, which node does when its heap is full (F26)",
    { signal: "SIGABRT" },
    "aborted (exit 134): out of memory, or process.abort(): node says above when it was memory",
  ],
  [
    "an abort as a shell reports it (F26)",
    { code: 134 },
    "aborted (exit 134): out of memory, or process.abort(): node says above when it was memory",
  ],
  ["a kill that was not ours", { signal: "SIGKILL" }, "killed by SIGKILL: not by us, perhaps by the kernel for memory"],
  [
    "a kill of ours",
    { signal: "SIGKILL", killedFor: "a request has run for 30 s" },
    "killed: a request has run for 30 s",
  ],
  ["a fault of native code", { signal: "SIGSEGV" }, "killed by SIGSEGV: a fault in native code"],
  ["a signal without a story", { signal: "SIGUSR2" }, "killed by SIGUSR2"],
  [
    "a signal from somewhere when we wanted to kill it too",
    { signal: "SIGTERM", killedFor: "why" },
    "killed by SIGTERM",
  ],
  ["a process that never was", { unborn: { message: "spawn EAGAIN" } }, "it could not be started: spawn EAGAIN"],
] satisfies [string, Partial<WorkerEnd>, string][]) {
  test(`the end of a worker is told in words: ${how}`, (t) => {
    t.is(exitReason({ ...nothing, ...end }), said);
  });
}
