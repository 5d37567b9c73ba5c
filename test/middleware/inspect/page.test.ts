import test from "ava";
import { Inspected, ok, waiting, HandClock } from "./helpers.ts";

const EVIL = `"><img src=x onerror=alert(1)><script>alert('2')</script>&`;

test("the page lists the exchanges, and not those with itself", async (t) => {
  const inspected = new Inspected(() => ok());
  await inspected.ask("/one");
  await inspected.ask("/__inspect");
  await inspected.ask("/__inspect/1");
  t.is((await inspected.list()).length, 1);
  const text = await inspected.text("/__inspect");
  t.regex(text, /<a href="__inspect\/1">\/one<\/a>/);
});

test("an exchange has a page of its own", async (t) => {
  const clock = new HandClock();
  const inspected = new Inspected(() => ok("", [["X-Answer", "yes"]]), { development: true, clock: clock.clock }, [
    waiting("session", clock, 2),
  ]);
  await inspected.ask({ path: "/one", headers: { "User-Agent": "a test" } });
  const text = await inspected.text("/__inspect/1");
  for (const shown of ["GET /one", "X-Answer", "a test", "session", "4.00 ms", 'href="../__inspect"', "1.uwsgi"]) {
    t.true(text.includes(shown), shown);
  }
});

test("what comes from outside is text on the page", async (t) => {
  const inspected = new Inspected(
    () => {
      throw new Error(EVIL);
    },
    { development: true, bodyBytes: 1_000 },
  );
  await inspected.ask({
    method: "GET",
    headers: { "User-Agent": EVIL, Referer: EVIL, "X-Request-ID": EVIL },
    vars: { PATH_INFO: `/${EVIL}`, REQUEST_URI: `/${EVIL}`, QUERY_STRING: EVIL, [EVIL]: EVIL, REMOTE_ADDR: EVIL },
  });
  for (const path of ["/__inspect", "/__inspect/1"]) {
    const text = await inspected.text(path);
    t.false(/<(?:img|script)/.test(text), path);
    t.true(text.includes("&lt;img src=x onerror"), path);
  }
});

test("what the application answers is text on the page", async (t) => {
  const inspected = new Inspected(() => ({ ...ok(EVIL, [["X-Evil", EVIL]]), reason: EVIL }), {
    development: true,
    bodyBytes: 1_000,
  });
  await inspected.ask("/");
  const text = await inspected.text("/__inspect/1");
  t.false(/<(?:img|script)/.test(text));
  t.is(text.split("&lt;img src=x onerror").length, 4);
});

test("the page may load, run and send nothing, is not kept, and in no frame", async (t) => {
  const inspected = new Inspected(() => ok());
  await inspected.ask("/");
  for (const path of ["/__inspect", "/__inspect/1", "/__inspect.json", "/__inspect/1.json", "/__inspect/1.uwsgi"]) {
    const answer = await inspected.ask(path);
    t.is(answer.status, 200, path);
    t.regex(
      answer.get("Content-Security-Policy") ?? "",
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    t.is(answer.get("Cache-Control"), "no-store");
    t.is(answer.get("X-Content-Type-Options"), "nosniff");
    t.is(answer.get("X-Frame-Options"), "DENY");
    t.is(answer.get("Cross-Origin-Resource-Policy"), "same-origin");
  }
});

test("the style of the page is the one that it may have", async (t) => {
  const inspected = new Inspected(() => ok());
  const answer = await inspected.ask("/__inspect");
  const style = /<style>(.*)<\/style>/s.exec(answer.text())?.[1] ?? "";
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(style))).toString("base64");
  t.true(answer.get("Content-Security-Policy")?.includes(`'sha256-${hash}'`));
});

test("the page asks for itself again where its reader wants that", async (t) => {
  const inspected = new Inspected(() => ok());
  t.true((await inspected.text("/__inspect?refresh")).includes('<meta http-equiv="refresh"'));
  t.false((await inspected.text("/__inspect")).includes('<meta http-equiv="refresh"'));
});

for (const path of ["/__inspect/7", "/__inspect/0", "/__inspect/x", "/__inspect/", "/__inspect/1/2"]) {
  test(`there is no record at ${path}`, async (t) => {
    const inspected = new Inspected(() => ok());
    t.is((await inspected.ask(path)).status, 404);
  });
}

for (const path of ["/__inspected", "/__inspec", "/a/__inspect", "/__inspect.jsonp"]) {
  test(`the application answers at ${path}`, async (t) => {
    t.is(await new Inspected(() => ok("application")).text(path), "application");
  });
}

test("the page can only be read", async (t) => {
  const answer = await new Inspected(() => ok()).ask({ method: "POST", path: "/__inspect" });
  t.deepEqual([answer.status, answer.get("Allow")], [405, "GET, HEAD"]);
});

test("the page can be somewhere else", async (t) => {
  const inspected = new Inspected(() => ok("application"), { development: true, path: "/tools/inspect" });
  await inspected.ask("/one");
  t.is(await inspected.text("/__inspect"), "application");
  t.regex(await inspected.text("/tools/inspect"), /href="inspect\/1">\/one/);
});

test("text that is UTF-8 is shown as such", async (t) => {
  const inspected = new Inspected(() => ok());
  await inspected.ask({ headers: { "X-Name": Buffer.from("Zoë ☕").toString("latin1") } });
  t.true((await inspected.text("/__inspect/1")).includes("Zoë ☕"));
});
