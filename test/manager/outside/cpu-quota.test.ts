/** What control groups allow of the processors. */
import test from "ava";
import { processorsWithin, quotaFolders, readQuota } from "../../../src/manager/outside/cpu-quota.ts";

test("a group of version 2 is looked for with all above it", (t) => {
  t.deepEqual(quotaFolders("0::/a.slice/b.scope\n"), [
    "/sys/fs/cgroup/a.slice/b.scope",
    "/sys/fs/cgroup/a.slice",
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/unified/a.slice/b.scope",
    "/sys/fs/cgroup/unified/a.slice",
    "/sys/fs/cgroup/unified",
  ]);
});

test("a group of version 1 is looked for where the controller of processors is mounted, and no other", (t) => {
  const cgroups = "12:cpuset:/docker/1\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/docker/1\n";
  t.deepEqual(quotaFolders(cgroups), [
    "/sys/fs/cgroup/cpu/docker/1",
    "/sys/fs/cgroup/cpu/docker",
    "/sys/fs/cgroup/cpu",
    "/sys/fs/cgroup/cpu,cpuacct/docker/1",
    "/sys/fs/cgroup/cpu,cpuacct/docker",
    "/sys/fs/cgroup/cpu,cpuacct",
  ]);
});

test("a path above the root of a namespace leads nowhere else", (t) => {
  t.deepEqual(quotaFolders("0::/../../etc\n"), ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]);
});

for (const text of ["", "\n", "nothing\n", "0:/\n", "0::relative\n"]) {
  test(`no group is named by ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(quotaFolders(text), []);
  });
}

for (const [max, quota] of [
  ["150000 100000\n", 1.5],
  ["20000 100000\n", 0.2],
  ["max 100000\n", undefined],
  ["max\n", undefined],
  ["", undefined],
  ["0 100000\n", undefined],
  ["100000 0\n", undefined],
] as const) {
  test(`cpu.max ${JSON.stringify(max)} is ${quota ?? "no limit"}`, (t) => {
    t.is(readQuota({ max }), quota);
  });
}

for (const [given, period, quota] of [
  ["250000\n", "100000\n", 2.5],
  ["-1\n", "100000\n", undefined],
  ["250000\n", undefined, undefined],
  [undefined, undefined, undefined],
] as const) {
  test(`cpu.cfs_quota_us ${JSON.stringify(given)} of ${JSON.stringify(period)} is ${quota ?? "no limit"}`, (t) => {
    t.is(readQuota({ quota: given, period }), quota);
  });
}

for (const [processors, quotas, count] of [
  [8, [], 8],
  [8, [undefined], 8],
  [8, [1.5, undefined, 3], 2],
  [8, [2], 2],
  [8, [0.2], 1],
  [2, [16], 2],
] as const) {
  test(`${processors} processors within ${JSON.stringify(quotas)} are ${count}`, (t) => {
    t.is(processorsWithin(processors, quotas), count);
  });
}
