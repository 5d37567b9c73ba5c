import test from "ava";
import { isBinary, StandardOutput } from "../../../src/cli/curl/destination.ts";

test("a terminal is not given what is not text, and told how to have it", async (t) => {
  const error = await t.throwsAsync(new StandardOutput(true).write(Buffer.from("a\0")));
  t.like(error, { exitCode: 23 });
  t.regex(error?.message ?? "", /--output -/);
  t.true(isBinary(Buffer.from([0])));
  t.false(isBinary(Buffer.from("é\n\x1b[0m")));
});
