import test from "ava";
import { examine, readText, reportJson, reportText } from "../../src/doctor/index.ts";

const BROKEN = `server {
    listen 80;
    location / {
        uwsgi_pass unix:/run/app.sock;
    }
}
`;

const findings = examine(readText(BROKEN, "site.conf", "/nowhere"));

test("a finding is told with its place, its line, why it matters, and the lines to paste", (t) => {
  const text = reportText(findings);
  t.regex(
    text,
    /^error params-none: no uwsgi_param line holds here\n {2}site\.conf:4: uwsgi_pass unix:\/run\/app\.sock;\n/,
  );
  t.regex(text, /\n {2}Without uwsgi_param lines nginx sends/);
  t.regex(text, /\n {2}fix: add in location \/ \{ \(line 3 of site\.conf\):\n {4}uwsgi_param QUERY_STRING/);
  t.regex(text, /\n1 error\n$/);
});

test("no line is longer than 100 columns but those to paste", (t) => {
  const long = reportText(findings)
    .split("\n")
    .filter((line) => line.length > 100 && !line.startsWith("    "));
  t.deepEqual(long, []);
});

test("colours are there only when they are asked for", (t) => {
  t.false(reportText(findings).includes("\u001b"));
  t.true(reportText(findings, { isColoured: true }).includes("\u001b[1;31merror\u001b[0m"));
});

test("nothing found is said", (t) => {
  t.is(reportText([]), "nothing found\n");
});

test("a configuration cannot steer the terminal", (t) => {
  const text = 'server { location / { uwsgi_pass "unix:\u001b[2Jx"; uwsgi_param A b; } }';
  t.false(reportText(examine(readText(text, "x", "/nowhere"))).includes("\u001b"));
});

test("for programs a finding is an object, with its fixes", (t) => {
  const report = JSON.parse(reportJson(findings)) as { findings: Record<string, unknown>[]; counts: unknown };
  t.deepEqual(report.counts, { error: 1, warning: 0, hint: 0 });
  t.like(report.findings[0], {
    id: "params-none",
    severity: "error",
    file: "site.conf",
    line: 4,
    text: "uwsgi_pass unix:/run/app.sock;",
    fix: [{ do: "add", file: "site.conf", line: 3, block: "location / { (line 3 of site.conf)" }],
  });
});
