import test from "ava";
import type { Header } from "../../src/codec/index.ts";
import { isOffloadHeader, withoutOffloadHeaders } from "../../src/environ/index.ts";

const obeyed = [
  "X-Accel-Redirect",
  "x-accel-redirect",
  "X-ACCEL-EXPIRES",
  "X-Accel-Limit-Rate",
  "X-Accel-Buffering",
  "X-Accel-Charset",
  "X-Accel-Anything",
  "X-Sendfile",
  "X-SENDFILE",
  "X-Sendfile2",
  "X-LIGHTTPD-send-file",
  "X-Lighttpd-Send-Tempfile",
  "X-LIGHTTPD-KBytes-per-second",
  "X-Reproxy-URL",
];

for (const name of obeyed) {
  test(`${name} is a header that a front end obeys`, (t) => t.true(isOffloadHeader(name)));
}

for (const name of [
  "X-Accelerate",
  "X-Accel",
  "Accel-Redirect",
  "X-Sendfiles",
  "X-Send-File",
  "xX-Accel-Redirect",
  "",
  "X",
]) {
  test(`${JSON.stringify(name)} is none`, (t) => t.false(isOffloadHeader(name)));
}

test("they are taken out, the others stay in their order", (t) => {
  const kept: Header[] = [
    ["A", "1"],
    ["X-B", "2"],
    ["A", "3"],
  ];
  const all = [kept[0], ["X-Accel-Redirect", "/x"], kept[1], ["x-sendfile", "/y"], kept[2]] as Header[];
  t.deepEqual(withoutOffloadHeaders(all), kept);
});

test("headers without any are the same list", (t) => {
  const headers: Header[] = [["X-A", "1"]];
  t.is(withoutOffloadHeaders(headers), headers);
});
