import test from "ava";
import { faultOf, parseWrk, type WrkReport, wrkArguments, wrkScript } from "../../bench/load/wrk.ts";

const report: WrkReport = {
  durationUs: 4_001_234,
  requests: 1_000,
  bytes: 150_000,
  p50Us: 1_500,
  p99Us: 9_000,
  errors: { connect: 0, read: 0, write: 0, status: 0, timeout: 0 },
};

test("the script sets method, headers and body", (t) => {
  const script = wrkScript({ method: "POST", headers: [["Content-Type", "application/json"]], body: "{}" });
  t.true(script.includes('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = "{}"\n'));
});

test("a large body is made by the script", (t) => {
  t.true(wrkScript({ method: "POST", headers: [], body: 10_485_760 }).includes('wrk.body = string.rep("x", 10485760)'));
});

test("what Lua would not take literally is escaped", (t) => {
  const script = wrkScript({ method: "GET", headers: [["Cookie", 'a="\\1"\n']] });
  t.true(script.includes('wrk.headers["Cookie"] = "a=\\034\\0921\\034\\010"'), script);
});

test("one thread, with the latency distribution", (t) => {
  t.is(
    wrkArguments("load.lua", { url: "http://127.0.0.1:1/", connections: 32, seconds: 4 }).join(" "),
    "-t1 -c32 -d4s --timeout 30s --latency -s load.lua http://127.0.0.1:1/",
  );
});

test("the report is found among what wrk prints", (t) => {
  const output = `Running 4s test\n  1 threads\nside-by-side ${JSON.stringify(report)}\nRequests/sec: 250\n`;
  t.deepEqual(parseWrk(output), report);
});

test("without a report what wrk printed is told", (t) => {
  t.throws(() => parseWrk("unable to connect"), { message: /printed no report:\nunable to connect/ });
});

test("a run without errors, with whole answers, is good", (t) => {
  t.is(faultOf(report, 11), undefined);
});

for (const kind of ["connect", "read", "write", "status", "timeout"] as const) {
  test(`a run with an error of kind ${kind} is not used`, (t) => {
    t.is(faultOf({ ...report, errors: { ...report.errors, [kind]: 2 } }, 11), `errors: 2 ${kind}`);
  });
}

test("a run without answers is not used", (t) => {
  t.is(faultOf({ ...report, requests: 0 }, 11), "no request was answered");
});

test("a run whose answers were too short is not used", (t) => {
  t.is(faultOf(report, 151), "150000 bytes for 1000 answers of 151 bytes");
});
