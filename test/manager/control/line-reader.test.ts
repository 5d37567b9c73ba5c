import test from "ava";
import { LineReader } from "../../../src/manager/control/line-reader.ts";
import { deliveries } from "../../helpers/deliveries.ts";

for (const [how, chunks] of deliveries(Buffer.from('{"a":"é"}\n\n{"b":2}\n{"c'))) {
  test(`lines are found ${how}`, (t) => {
    const reader = new LineReader(100);
    const lines = chunks.flatMap((chunk) => reader.push(chunk));
    t.deepEqual(lines, ['{"a":"é"}', "", '{"b":2}']);
    t.is(reader.pending, 3);
  });
}

for (const [how, chunks] of deliveries(Buffer.from("12345\n123456\n"))) {
  test(`a line that is too long is refused ${how}, one of just that length is not`, (t) => {
    const reader = new LineReader(5);
    t.throws(() => chunks.forEach((chunk) => reader.push(chunk)), {
      code: "UWSGI_BAD_CONTROL",
      message: "a line of more than 5 bytes, which is the most",
    });
  });
}
