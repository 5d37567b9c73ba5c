import test from "ava";
import { type HeadCodec, headTarget } from "../../fuzz/targets/heads.ts";
import { readHead } from "../../src/app/wsgi/response-start.ts";
import { decodeResponseHead, formatResponseHead } from "../../src/codec/index.ts";
import { hunt } from "../helpers/hunt.ts";

const real: HeadCodec = { readHead, formatResponseHead, decodeResponseHead };

const mutants: readonly (readonly [what: string, codec: Partial<HeadCodec>])[] = [
  [
    "writes line ends of an application into its head",
    {
      formatResponseHead: ({ status, reason = "", headers = [] }) =>
        `HTTP/1.1 ${status} ${reason}\r\n${[...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
    },
  ],
  [
    "lets an application set what is the server's",
    {
      readHead: (status, headers) => {
        try {
          return readHead(status, headers);
        } catch (error) {
          const list = [...headers].filter(([name]) => name !== "Connection");
          if (list.length === [...headers].length) throw error;
          return { ...readHead(status, list), headers: [...headers] };
        }
      },
    },
  ],
  [
    "loses a header that comes twice",
    { formatResponseHead: (head) => formatResponseHead({ ...head, headers: new Map(head.headers) }) },
  ],
  [
    "throws without a code",
    {
      readHead: (status, headers) => {
        try {
          return readHead(status, headers);
        } catch {
          throw new TypeError("no");
        }
      },
    },
  ],
  [
    "waits for a head that cannot come",
    { decodeResponseHead: (bytes, limits) => (bytes.includes(10) ? decodeResponseHead(bytes, limits) : undefined) },
  ],
  [
    "reads a head beyond its limit",
    {
      decodeResponseHead: (bytes, limits) =>
        decodeResponseHead(bytes, { maxHeadBytes: (limits?.maxHeadBytes ?? 65_536) + 1 }),
    },
  ],
  [
    "takes the last of two Status headers",
    {
      decodeResponseHead: (bytes, limits) => {
        const text = Buffer.from(bytes).toString("latin1");
        const doubled = /^status:.*\r?\n(?=(.*\r?\n)*status:)/im.exec(text);
        if (doubled === null) return decodeResponseHead(bytes, limits);
        return decodeResponseHead(Buffer.from(text.replace(doubled[0], ""), "latin1"), limits);
      },
    },
  ],
];

test("heads hold to their rules", async (t) => {
  t.is(await hunt(headTarget(), 5_000), undefined);
});

for (const [what, codec] of mutants) {
  test(`a codec that ${what} is found`, async (t) => {
    t.truthy(await hunt(headTarget({ ...real, ...codec }), 30_000));
  });
}
