/** What goes in comes out: any chunks, any coding, in every interface. */
import test from "ava";
import fc from "fast-check";
import { fetchHandler, nodeHandler, wsgi } from "../../../src/app/index.ts";
import { asHandler, type BodyChunk, type Handler } from "../../../src/handler/index.ts";
import { compress } from "../../../src/middleware/compress/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { codings, decode } from "../../helpers/codings.ts";

const chunk = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.uint8Array({ maxLength: 3_000 }),
  fc.integer({ min: 1, max: 90_000 }).map((size) => Buffer.alloc(size, "tea")),
);
const chunks = fc.array(chunk, { maxLength: 12 });

/** Every third is waited for. */
async function* streamOf(parts: readonly BodyChunk[]): AsyncGenerator<BodyChunk, void> {
  for (const [i, part] of parts.entries()) {
    if (i % 3 === 2) await new Promise(setImmediate);
    yield part;
  }
}

const TYPE = "text/plain";

/** The same body in the words of each interface. */
const makers: Readonly<Record<string, (parts: readonly BodyChunk[]) => Handler>> = {
  "wsgi, a stream": (parts) =>
    wsgi((_, startResponse) => {
      startResponse("200 OK", [["Content-Type", TYPE]]);
      return streamOf(parts);
    }),
  "wsgi, a list": (parts) =>
    wsgi((_, startResponse) => {
      startResponse("200 OK", [["Content-Type", TYPE]]);
      return [...parts];
    }),
  node: (parts) =>
    asHandler(
      nodeHandler(async (_, res) => {
        res.writeHead(200, { "Content-Type": TYPE });
        for await (const part of streamOf(parts)) res.write(part);
        res.end();
      }),
    ),
  fetch: (parts) =>
    fetchHandler(() => {
      const bytes = async function* (): AsyncGenerator<Uint8Array, void> {
        for await (const part of streamOf(parts)) yield Buffer.from(part as string);
      };
      const stream = (ReadableStream as unknown as { from(body: unknown): BodyInit }).from(bytes());
      return new Response(stream, { headers: { "Content-Type": TYPE } });
    }),
};

for (const [title, make] of Object.entries(makers)) {
  for (const coding of codings) {
    test(`any chunks come out as they went in, by ${coding} (${title})`, async (t) => {
      await fc.assert(
        fc.asyncProperty(chunks, fc.nat({ max: 2_000 }), async (parts, thresholdBytes) => {
          const handler = compress({ thresholdBytes })(make(parts));
          const headers = { "Accept-Encoding": coding };
          const answer = await inject(handler, { interface: "handler", headers });
          const plain = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
          const given = answer.get("Content-Encoding");
          return decode(given ?? "identity", answer.body).equals(plain) && answer.isComplete;
        }),
        { numRuns: 25 },
      );
      t.pass();
    });
  }
}

test("a body that is larger than what is compressed in one piece comes out whole, without a length", async (t) => {
  for (const body of ["tea ".repeat(300_000), Buffer.alloc(1_200_000, "tea "), ["t", "ea ".repeat(400_000)]]) {
    const plain = Buffer.concat([body].flat().map((part) => Buffer.from(part as string)));
    const handler = compress()(() => ({ status: 200, headers: [["Content-Type", TYPE]], body }));
    const answer = await inject(handler, { interface: "handler", headers: { "Accept-Encoding": "gzip" } });
    t.deepEqual([answer.get("Content-Encoding"), answer.get("Content-Length")], ["gzip", undefined]);
    t.true(decode("gzip", answer.body).equals(plain));
  }
});
