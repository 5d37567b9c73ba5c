import test from "ava";
import { queueNotice } from "../../src/cli/queue-notice.ts";

test("T29: a system that cuts the queue of connections is named, with what it allows", (t) => {
  t.regex(queueNotice(128) ?? "", /somaxconn is 128: no more connections/);
});

for (const somaxconn of [4_096, 65_535, Number.NaN]) {
  test(`T29: nothing is said where somaxconn is ${somaxconn}`, (t) => {
    t.is(queueNotice(somaxconn), undefined);
  });
}
