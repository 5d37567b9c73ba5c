/** A request body that nobody wants, read to the end of what comes. */
import { PassThrough } from "node:stream";
import test from "ava";
import { RequestBody } from "../../../src/gateway/http/request-body.ts";

const limits = { bodyTimeoutMs: 30_000, minBodyRate: 0 };

function bodyOf(source: PassThrough): RequestBody {
  return new RequestBody(source, { length: undefined, limits, onFirstRead: undefined });
}

/** What it has settled with when all that is due now has run. */
function settled<T>(promise: Promise<T>): Promise<T | "waits"> {
  return Promise.race([promise, new Promise<"waits">((resolve) => setImmediate(() => setImmediate(resolve, "waits")))]);
}

test("what is left is read to its end, while the connection is open", async (t) => {
  const source = new PassThrough();
  const drained = bodyOf(source).drain(new PassThrough());
  source.write("more");
  t.is(await settled(drained), "waits");
  source.end();
  t.true(await drained);
});

test("the end of the connection is enough, although the request is told of none", async (t) => {
  const connection = new PassThrough();
  const drained = bodyOf(new PassThrough()).drain(connection);
  t.is(await settled(drained), "waits");
  connection.destroy();
  t.false(await settled(drained));
});

test("a connection that is gone already is not waited for", async (t) => {
  const connection = new PassThrough().destroy();
  t.false(await settled(bodyOf(new PassThrough()).drain(connection)));
});
