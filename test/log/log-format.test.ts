import test from "ava";
import fc from "fast-check";
import type { ExchangeEnd } from "../../src/diagnostics.ts";
import { formatCombined } from "../../src/log/access-line.ts";
import { compileLogFormat, isLogFormat } from "../../src/log/log-format.ts";
import { variableNames } from "../../src/log/log-variables.ts";
import { endOf, environOf } from "../helpers/messages.ts";

const now = new Date(2026, 10, 2, 3, 4, 5, 678);
const origin = { pid: 7, worker: 3 };
/** The zone of the process, worked out another way than in the code: a test machine may be anywhere. */
const zone = / GMT([+-]\d{4})/.exec(now.toString())?.[1] ?? "?";
const trace = "0af7651916cd43dd8448eb211c80319c";

const environ = environOf({
  REQUEST_METHOD: "POST",
  REQUEST_URI: "/a?b=c",
  SERVER_PROTOCOL: "HTTP/1.1",
  REMOTE_ADDR: "192.0.2.1",
  REMOTE_USER: "ann",
  HTTP_HOST: "example.test",
  HTTP_REFERER: "http://example.test/",
  HTTP_USER_AGENT: "curl/8 (x)",
  HTTP_TRACEPARENT: `00-${trace}-b7ad6b7169203331-01`,
  CONTENT_LENGTH: "12",
});
const packet = { modifier1: 0, modifier2: 9, datasize: 345, vars: { size: 10 } };
const end = endOf({ environ, status: 201, bodyBytes: 1_234, headBytes: 66, durationMs: 2_345.6789, packet });

function line(
  template: string,
  message: ExchangeEnd = end,
  from: typeof origin | { pid: number; worker: undefined } = origin,
): string {
  return compileLogFormat(template, from)(message, now);
}

// The start of a request that took 2 345.6789 ms and ended at 05.678.
const start = Math.floor(now.getTime() / 1_000) - 2;

for (const [name, value] of [
  ["uri", "/a?b=c"],
  ["method", "POST"],
  ["user", "ann"],
  ["addr", "192.0.2.1"],
  ["host", "example.test"],
  ["proto", "HTTP/1.1"],
  ["uagent", "curl/8\\x20(x)"],
  ["referer", "http://example.test/"],
  ["cl", "12"],
  ["vars", "10"],
  ["pktsize", "345"],
  ["modifier1", "0"],
  ["modifier2", "9"],
  ["status", "201"],
  ["rsize", "1234"],
  ["hsize", "66"],
  ["size", "1300"],
  ["time", `${start}`],
  ["tmsecs", `${start}332`],
  ["tmicros", `${start}332321`],
  ["ltime", `02/Nov/2026:03:04:03 ${zone}`],
  ["ftime", `02/Nov/2026:03:04:03 ${zone}`],
  ["ctime", "Mon Nov  2 03:04:03 2026"],
  ["epoch", `${start + 2}`],
  ["micros", "2345678"],
  ["msecs", "2345"],
  ["secs", "2.345679"],
  ["pid", "7"],
  ["wid", "3"],
  ["core", "0"],
  ["switches", "0"],
  ["request_id", "r1"],
  ["trace_id", trace],
  ["ending", "complete"],
  ["var.REQUEST_METHOD", "POST"],
  ["var.HTTP_X_NOBODY", "-"],
] as const) {
  test(`%(${name}) is ${value}`, (t) => {
    t.is(line(`<%(${name})>`), `<${value}>`);
  });
}

test("every variable has a test above, or is memory, which is measured", (t) => {
  const mib = Number(line("%(rssM)"));
  t.true(mib > 1 && mib < 10_000);
  t.is(Math.floor(Number(line("%(rss)")) / 2 ** 20), mib);
  t.is(variableNames.length, 36);
  const all = variableNames.map((name) => `%(${name})`).join("|");
  t.is(line(all).split("|").length, variableNames.length);
});

test("what is not known is a dash, as in uWSGI, and a request without a body has 0 bytes of it", (t) => {
  const bare = endOf({ environ: {}, status: 0, bodyBytes: 0, ending: "peer-gone" });
  const template =
    "%(method) %(user) %(host) %(proto) %(uagent) %(referer) %(hsize) %(pktsize) %(vars) %(wid) %(trace_id)";
  t.is(line(template, bare, { pid: 7, worker: undefined }), "- - - - - - - - - - -");
  t.is(line("%(addr) %(uri) %(cl) %(status) %(size)", bare), "unix: / 0 499 0");
  t.is(line("%(referer)", endOf({ environ: environOf({ HTTP_REFERER: "" }) })), "-");
  t.is(line("%(cl)", endOf({ environ: { CONTENT_LENGTH: "1\n2" } })), "0");
});

test("what an application leaves in its environ is what uWSGI calls a log variable", (t) => {
  const left = { ...environ, "shop.customer": "ann lee", "shop.items": 3, "shop.paid": true, "shop.cart": {} };
  const template = '"%(var.shop.customer)" %(var.shop.customer) %(var.shop.items) %(var.shop.paid) %(var.shop.cart)';
  t.is(line(template, endOf({ environ: left })), '"ann lee" ann\\x20lee 3 true -');
});

test("texts stand as they are, with percent signs and parentheses", (t) => {
  t.is(line("100% (%(method)) %d %% ) %", end), "100% (POST) %d %% ) %");
  t.is(line("%(method)%(proto)"), "POSTHTTP/1.1");
  t.is(line("%(status)\té"), "201\té");
});

test("in double quotes a value keeps its blanks, outside of them it does not", (t) => {
  const spaced = endOf({ environ: environOf({ HTTP_USER_AGENT: "a b", REMOTE_USER: "c d" }) });
  t.is(line('%(user) "%(uagent)" %(uagent) "x" %(user)"%(user)"', spaced), 'c\\x20d "a b" a\\x20b "x" c\\x20d"c d"');
});

const combined = '%(addr) - %(user) [%(ltime)] "%(method) %(uri) %(proto)" %(status) %(rsize) "%(referer)" "%(uagent)"';
const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
  minLength: 1,
});
const names = ["REQUEST_URI", "REQUEST_METHOD", "REMOTE_USER", "HTTP_REFERER", "HTTP_USER_AGENT", "SERVER_PROTOCOL"];

test("a template that says the same as the combined format makes the same lines", (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), bytes), (vars) => {
      // Without a duration the request begins when it ends.
      const message = endOf({ environ: vars, durationMs: 0 });
      t.is(line(combined, message), formatCombined(message, now));
    }),
  );
});

test("T24: a line of a template is one line that parses, whatever its peer puts into it", (t) => {
  const template = '%(user) "%(uri)" %(host) "%(uagent)" %(var.HTTP_X) %(request_id) %(cl) %(trace_id)';
  const vars = fc.dictionary(
    fc.constantFrom(...names, "HTTP_HOST", "HTTP_X", "CONTENT_LENGTH", "HTTP_TRACEPARENT"),
    bytes.map((text) => `\n" \x1b[2J\x9b\u202e ${text}`),
  );
  fc.assert(
    fc.property(vars, bytes, (hostile, requestId) => {
      const made = line(template, endOf({ environ: hostile, requestId }));
      t.regex(made, /^[!#-~]+ "[ !#-~]+" [!#-~]+ "[ !#-~]+" [!#-~]+ [!#-~]+ 0 -$/);
    }),
  );
});

test("a field of 64 KiB is cut", (t) => {
  const long = endOf({ environ: { HTTP_USER_AGENT: "a".repeat(65_536), REMOTE_USER: "\n".repeat(65_536) } });
  t.is(line("%(uagent)", long), `${"a".repeat(2_048)}...`);
  t.true(line("%(user)", long).length < 8_300);
});

for (const [about, template, message] of [
  [
    "a slip of the finger",
    "%(methd)",
    /^log format: %\(methd\): there is no such variable\. Did you mean %\(method\)\?/,
  ],
  [
    "a name like none",
    "%(customer.name.first)",
    /^log format: %\(customer\.name\.first\): there is no such variable\. There are uri, /,
  ],
  ["a name in capitals", "%(URI)", /there is no such variable\. Did you mean %\(uri\)\?/],
  ["an empty name", "%()", /^log format: %\(\): there is no such variable\. There are/],
  ["a count of headers", "%(headers)", /%\(headers\): the headers of an answer are not counted: %\(hsize\)/],
  ["a count of errors", "%(status) %(werr)", /%\(werr\): such errors are not counted: %\(ending\)/],
  ["the address space", "%(vszM)", /%\(vszM\): Node\.js reserves .* %\(rssM\)/],
  ["a metric", "%(metric.worker.0.requests)", /%\(metric\.worker\.0\.requests\): uWSGI's metrics are not kept here/],
  ["a name that forges a line", "%(a\nb\x9b)", /^log format: %\(a\\x0Ab\\x9B\): /],
  ["a variable that is not closed", "%(status) %(uri", /^log format: %\(uri is not closed/],
  ["two lines", "%(status)\n%(uri)", /^log format: \\x0A has characters that a line may not have/],
  ["what turns the text of a terminal", "\u202e%(status)", /has characters that a line may not have/],
] as const) {
  test(`a template with ${about} is a mistake of the caller`, (t) => {
    t.throws(() => compileLogFormat(template, origin), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

test("a template is known by its variables", (t) => {
  t.deepEqual(["%(status)", "a%(b", "combined", "%h %l", ""].map(isLogFormat), [true, true, false, false, false]);
});
