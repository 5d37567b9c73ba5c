/** Masters with which a container ends. */
import test from "ava";
import { boundObjection } from "../../../src/manager/outside/container-init.ts";

for (const [title, ancestry] of [
  ["process 1", { pid: 1, ppid: 0, init: undefined }],
  ["the first process of a container in a pod with one namespace", { pid: 23, ppid: 0, init: undefined }],
  ["the child of a small init", { pid: 7, ppid: 1, init: "docker-init" }],
  ["the child of a shell that is process 1", { pid: 7, ppid: 1, init: "sh" }],
] as const) {
  test(`everything ends with ${title}`, (t) => {
    t.regex(boundObjection(ancestry) ?? "", /with which everything here ends/);
  });
}

for (const [title, ancestry] of [
  ["the child of a system's init", { pid: 700, ppid: 1, init: "systemd" }],
  ["the child of a process 1 without a name", { pid: 700, ppid: 1, init: undefined }],
  ["the child of a shell that is not process 1", { pid: 700, ppid: 650, init: "sh" }],
] as const) {
  test(`nothing ends with ${title}`, (t) => {
    t.is(boundObjection(ancestry), undefined);
  });
}
