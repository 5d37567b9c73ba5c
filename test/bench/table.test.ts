import test from "ava";
import { rowsOf } from "../../bench/report/results.ts";
import { tableOf } from "../../bench/report/table.ts";
import { answer, measured } from "./made-up.ts";

test("a row has the cost, its spread, and the ratio to the yardsticks that were there", (t) => {
  const table = tableOf(
    answer("hello", measured("uisge-net/unix", 10, 20, 30), measured("node-http/unix", 40, 40, 40)),
  );
  t.deepEqual(table, [
    "title of hello  (3 rounds of 4 s)",
    "                             CPU us/request       / node:http",
    "  title of uisge-net/unix  20.0 (15.0-25.0)  0.50 (0.38-0.63)",
    "  title of node-http/unix  40.0 (40.0-40.0)",
  ]);
});

test("each variation has rows of its own", (t) => {
  const [one, other] = ["10 vars", "24 vars"].map((variation) => rowsOf(variation, [measured("uisge-net/unix", 10)]));
  const table = tableOf({ ...answer("vars"), rounds: 1, rows: [...(one ?? []), ...(other ?? [])] });
  t.is(table[0], "title of vars  (1 round of 4 s)");
  t.deepEqual(
    table.filter((line) => line.endsWith(" vars")),
    ["  10 vars", "  24 vars"],
  );
});

test("notes stand below the title", (t) => {
  const table = tableOf({ ...answer("idle", measured("uisge-net/unix", 10)), notes: ["fewer than planned"] });
  t.is(table[1], "  fewer than planned");
});

test("idle connections are told in bytes", (t) => {
  const rounds = [{ bytesPerConnection: 5_000, rssMb: 60 }];
  const table = tableOf({ ...answer("idle", { contestant: "uisge-net/unix", title: "ours", rounds }), seconds: 0 });
  t.deepEqual(table, [
    "title of idle  (1 round)",
    "        bytes/connection  RSS MB",
    "  ours  5000 (5000-5000)      60",
  ]);
});
