import test from "ava";
import { LimitError } from "../../../src/errors.ts";
import { LineReader } from "../../../src/manager/channel/line-reader.ts";
import { deliveries } from "../../helpers/deliveries.ts";

const refusal = (seen: string): LimitError => new LimitError(seen, { code: "UWSGI_BAD_CONTROL" });

for (const [how, chunks] of deliveries(Buffer.from('{"a":"é"}\n\n{"b":2}\n{"c'))) {
  test(`lines are found ${how}`, (t) => {
    const reader = new LineReader(100, refusal);
    const lines = chunks.flatMap((chunk) => Array.from(reader.push(chunk)));
    t.deepEqual(lines, ['{"a":"é"}', "", '{"b":2}']);
    t.is(reader.pending, 3);
  });
}

for (const [how, chunks] of deliveries(Buffer.from("12345\n123456\n"))) {
  test(`a line that is too long is refused ${how}, one of just that length is not`, (t) => {
    const reader = new LineReader(5, refusal);
    const lines: string[] = [];
    t.throws(
      () => {
        for (const chunk of chunks) for (const line of reader.push(chunk)) lines.push(line);
      },
      { code: "UWSGI_BAD_CONTROL", message: "a line of more than 5 bytes, which is the most" },
    );
    t.deepEqual(lines, ["12345"]);
  });
}
