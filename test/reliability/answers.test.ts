import test from "ava";
import { SECRET } from "../helpers/load-bodies.ts";
import { MIB, until } from "../helpers/measure.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";
import { noise } from "../helpers/noise.ts";
import {
  askByteByByte,
  askHalfClosed,
  failWithLength,
  failWithoutLength,
  upload,
  waysToFailEarly,
} from "../helpers/odd-requests.ts";
import { ask, exchange, get, parseAnswer } from "../helpers/raw-client.ts";

for (const kind of ["tcp", "unix"] as const) {
  const serial = test.serial;

  serial(`basic, ${kind}: a request is answered, and the connection closed behind it`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { status, body, how } = await ask(server.address);
    t.deepEqual({ status, body, how }, { status: 200, body: "ok", how: "end" });
  });

  serial(`half-close, ${kind}: a peer that has closed its side still gets its answer`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { body, how } = await askHalfClosed(server.address);
    t.deepEqual({ body, how }, { body: "ok", how: "end" });
  });

  serial(`closes, ${kind}: whatever the client says of keep-alive`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { body, how } = await ask(server.address, get({ HTTP_CONNECTION: "keep-alive" }));
    t.deepEqual({ body, how }, { body: "ok", how: "end" });
  });

  serial(`byte-by-byte, ${kind}: a request that comes so is answered`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { body, how } = await askByteByByte(server.address);
    t.is(how, "end");
    t.true(body.startsWith("12 "));
  });

  serial(`early-answer (T19), ${kind}: 20 uploads of 4 MiB refused unread all get their 401 whole`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const bytes = noise(4 * MIB);
    for (let i = 0; i < 20; i++) {
      const { status, body, how } = await upload(server.address, bytes);
      t.deepEqual({ status, body, how }, { status: 401, body: "who are you?", how: "end" });
    }
  });

  for (const way of waysToFailEarly) {
    serial(`error before the head (F13), ${kind}: ${way}: a 500 that says nothing of the reason`, async (t) => {
      await using server = await MeasuredServer.start(kind);
      const { bytes, how } = await exchange(server.address, get({ PATH_INFO: `/fails/${way}` }));
      t.deepEqual({ status: parseAnswer(bytes).status, how }, { status: 500, how: "end" });
      t.false(Buffer.from(bytes).toString("latin1").includes(SECRET));
      t.is((await ask(server.address)).status, 200);
    });
  }

  serial(`error in the body (F13), ${kind}: with a length the answer is visibly short`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { text, body } = await failWithLength(server.address);
    t.true(body.length < 1_000);
    t.false(text.includes(SECRET));
    t.is((await ask(server.address)).status, 200);
  });

  serial(
    kind === "tcp"
      ? "error in the body (F13), tcp: without a length the connection is reset"
      : "error in the body (F13), unix: without a length it is counted that nothing could show it",
    async (t) => {
      await using server = await MeasuredServer.start(kind);
      const { text, how } = await failWithoutLength(server.address);
      t.false(text.includes(SECRET));
      const { counts, endings } = await server.report();
      if (kind === "tcp") {
        t.deepEqual({ how, unsignalled: counts.unsignalled }, { how: "ECONNRESET", unsignalled: 0 });
        t.like(endings, { "broken-off": 1 });
      } else {
        t.deepEqual({ how, unsignalled: counts.unsignalled }, { how: "end", unsignalled: 1 });
        t.like(endings, { unsignalled: 1 });
      }
      t.is((await ask(server.address)).status, 200);
    },
  );

  serial(`error in close() (F13), ${kind}: the answer is whole and the server lives`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { status, body, how } = await ask(server.address, get({ PATH_INFO: "/fails/close" }));
    t.deepEqual({ status, body, how }, { status: 200, body: "whole", how: "end" });
    await until(async () => (await server.report()).errors[`Error: ${SECRET}`] === 1, 30_000, "the error is reported");
    t.is((await ask(server.address)).status, 200);
  });
}
