import test from "ava";
import { escapeHtml } from "../../src/middleware/html.ts";

test("what could end text, an attribute or begin an element is escaped", (t) => {
  t.is(escapeHtml(`<a href="x" title='y'>&amp;`), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
});

test("all other text stays as it is", (t) => {
  t.is(escapeHtml("tea, 茶 and `${tea}`"), "tea, 茶 and `${tea}`");
});
