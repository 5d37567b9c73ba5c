/** Lists of chunks that are told of their end, or are iterated in a way of their own: they are bodies like others. */
import test from "ava";
import { wrap } from "../../../src/app/index.ts";
import type { AppResponse } from "../../../src/handler/index.ts";
import { compress } from "../../../src/middleware/compress/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { decode } from "../../helpers/codings.ts";

const LINE = "all work and no play\n".repeat(100);

/** Asks for a body by gzip; answers what came of it. */
async function asked(body: AppResponse["body"], method = "GET"): Promise<string> {
  const handler = (): AppResponse => ({ status: 200, headers: [["Content-Type", "text/plain"]], body });
  const wrapped = wrap(handler, [compress()], { interface: "handler" });
  const answer = await inject(wrapped, { method, headers: { "Accept-Encoding": "gzip" } });
  const [failure] = answer.errors;
  if (failure !== undefined) throw failure;
  return method === "HEAD" ? "" : decode("gzip", Buffer.from(answer.body)).toString();
}

for (const method of ["GET", "HEAD"]) {
  test(`a list with a close is closed once, by ${method}`, async (t) => {
    let closes = 0;
    const list = Object.assign([LINE, LINE], { close: () => void closes++ });
    t.is(await asked(list, method), method === "HEAD" ? "" : LINE + LINE);
    t.is(closes, 1);
  });
}

test("a list that is iterated in its own way is compressed as it is iterated", async (t) => {
  class Backward extends Array<string> {
    override *[Symbol.iterator](): ArrayIterator<string> {
      for (let i = this.length - 1; i >= 0; i--) yield this[i] ?? "";
    }
  }
  t.is(await asked(Backward.of(LINE, "last\n")), `last\n${LINE}`);
});
