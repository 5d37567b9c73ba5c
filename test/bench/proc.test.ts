import test from "ava";
import { family, parseSchedstat, parseStat, parseStatus } from "../../bench/load/proc.ts";
import { cpuUs, familyOf, memory } from "../../bench/load/usage.ts";
import { needsLinux } from "../helpers/needs.ts";

test("schedstat begins with the time on a processor", (t) => {
  t.is(parseSchedstat("374044227 112289 52\n"), 374_044_227);
});

test("of stat, user and system time are added", (t) => {
  const text = "42 (node) S 7 42 42 0 -1 4194304 900 0 0 0 123 45 6 7 20 0 11 0 100 1000 200";
  t.deepEqual(parseStat(text), { parent: 7, ticks: 168 });
});

test("a process may be named as it likes", (t) => {
  const text = "42 (a) S 1 (b) R 7 42 42 0 -1 4194304 900 0 0 0 1 2 0 0 20 0 1 0 100 1000 200";
  t.deepEqual(parseStat(text), { parent: 7, ticks: 3 });
});

test("memory is told in bytes", (t) => {
  const text = "Name:\tnode\nVmPeak:\t  999 kB\nVmHWM:\t   200 kB\nVmRSS:\t   100 kB\nThreads:\t11\n";
  t.deepEqual(parseStatus(text), { rssBytes: 102_400, peakBytes: 204_800 });
});

test("a family is a process, its children and theirs", (t) => {
  const parents = new Map([
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 1],
  ]);
  t.deepEqual(family(2, parents), [2, 3, 4]);
});

// Of ourselves, where there is such a thing

const linuxTest = needsLinux();

linuxTest("this process is found in /proc, and has used time and memory", (t) => {
  t.true(familyOf(process.pid).includes(process.pid));
  t.true(cpuUs([process.pid]) > 0);
  const { rssBytes, peakBytes } = memory([process.pid]);
  t.true(peakBytes >= rssBytes && rssBytes > 1e6);
});
