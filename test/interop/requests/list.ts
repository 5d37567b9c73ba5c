/** The request list: what every server answers alike, whoever asks. */
import { createHash, randomBytes } from "node:crypto";
import type { ExecutionContext } from "ava";
import type { Answer, Asker } from "./askers.ts";

export interface Case {
  readonly title: string;
  run(t: ExecutionContext, asker: Asker): Promise<void>;
}

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly length: number;
  readonly sha256: string;
}

async function bytesOf({ body }: Answer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function echoOf(answer: Answer): Promise<Echo> {
  return JSON.parse((await bytesOf(answer)).toString()) as Echo;
}

function sha256(...chunks: readonly Uint8Array[]): string {
  const digest = createHash("sha256");
  for (const chunk of chunks) digest.update(chunk);
  return digest.digest("hex");
}

async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* chunks;
}

/** Reads to the end, or to the error that breaks the answer off. */
async function endOf({ body }: Answer): Promise<{ readonly text: string; readonly isBroken: boolean }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
    return { text: Buffer.concat(chunks).toString(), isBroken: false };
  } catch {
    return { text: Buffer.concat(chunks).toString(), isBroken: true };
  }
}

const methods: readonly Case[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"].map((method) => ({
  title: `${method} arrives as it is`,
  run: async (t, asker) => {
    const answer = await asker.ask({ method, path: "/echo" });
    t.is(answer.status, 200);
    t.like(await echoOf(answer), { method, path: "/echo", query: "", length: 0 });
  },
}));

const bodies: readonly Case[] = ["POST", "PUT", "PATCH", "DELETE"].flatMap((method) =>
  [0, 1, 70_000, 1_500_000].map((length): Case => {
    const body = randomBytes(length);
    return {
      title: `${method} with a body of ${length} bytes`,
      run: async (t, asker) => {
        const headers = [["Content-Type", "application/octet-stream"]] as const;
        const echo = await echoOf(await asker.ask({ method, path: "/echo", headers, body }));
        t.like(echo, { method, length, sha256: sha256(body) });
        t.is(echo.headers["CONTENT_TYPE"], "application/octet-stream");
      },
    };
  }),
);

const statuses: readonly Case[] = [200, 204, 304, 404, 500, 503].map((status) => ({
  title: `status ${status}, with its body or none`,
  run: async (t, asker) => {
    const answer = await asker.ask({ path: `/status/${status}` });
    t.is(answer.status, status);
    t.is((await bytesOf(answer)).toString(), status === 204 || status === 304 ? "" : "the body");
  },
}));

export const cases: readonly Case[] = [
  ...methods,
  ...bodies,
  ...statuses,
  {
    title: "HEAD has the head of a GET and no body",
    run: async (t, asker) => {
      const answer = await asker.ask({ method: "HEAD", path: "/bytes/1000" });
      t.is(answer.status, 200);
      t.deepEqual(answer.header("content-length"), ["1000"]);
      t.is((await bytesOf(answer)).length, 0);
    },
  },
  {
    title: "path and query arrive decoded and as they are",
    run: async (t, asker) => {
      const echo = await echoOf(await asker.ask({ path: "/echo/caf%C3%A9%20au/lait;v=1?q=a%20b&q=%2B&c=%C3%A9" }));
      t.like(echo, { path: "/echo/café au/lait;v=1", query: "q=a%20b&q=%2B&c=%C3%A9" });
    },
  },
  {
    title: "headers arrive, repeated ones joined, cookies as one",
    run: async (t, asker) => {
      const headers = [
        ["X-One", "1"],
        ["X-Two", "a"],
        ["X-Two", "b"],
        ["Cookie", "a=1; b=2"],
        ["User-Agent", "list/1"],
        ["Accept", "text/plain, */*;q=0.1"],
      ] as const;
      const echo = await echoOf(await asker.ask({ path: "/echo", headers }));
      t.like(echo.headers, {
        HTTP_X_ONE: "1",
        HTTP_X_TWO: "a, b",
        HTTP_COOKIE: "a=1; b=2",
        HTTP_USER_AGENT: "list/1",
        HTTP_ACCEPT: "text/plain, */*;q=0.1",
      });
      t.is(echo.headers["HTTP_CONNECTION"], undefined);
      t.is(echo.headers["HTTP_TRANSFER_ENCODING"], undefined);
    },
  },
  {
    title: "a header of 12 000 bytes arrives",
    run: async (t, asker) => {
      const echo = await echoOf(await asker.ask({ path: "/echo", headers: [["X-Long", "x".repeat(12_000)]] }));
      t.is(echo.headers["HTTP_X_LONG"]?.length, 12_000);
    },
  },
  {
    title: "an upload of unknown length arrives whole, with its length",
    run: async (t, asker) => {
      const chunks = [randomBytes(10), randomBytes(100_000), randomBytes(1), randomBytes(1_400_000)];
      const echo = await echoOf(await asker.ask({ method: "POST", path: "/echo", body: pieces(...chunks) }));
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      t.like(echo, { length, sha256: sha256(...chunks) });
      t.is(echo.headers["CONTENT_LENGTH"], String(length));
    },
  },
  ...["bytes", "unknown-length"].flatMap((name) =>
    [1, 65_537, 3_000_000].map((length): Case => ({
      title: `an answer of ${length} bytes, /${name}`,
      run: async (t, asker) => {
        const answer = await asker.ask({ path: `/${name}/${length}` });
        const body = await bytesOf(answer);
        t.is(body.length, length);
        t.true(body.every((byte, i) => byte === (i % 65_536) % 256));
      },
    })),
  ),
  {
    title: "an answer that is made piece by piece arrives piece by piece",
    run: async (t, asker) => {
      const answer = await asker.ask({ path: "/paced" });
      const startedAt = performance.now();
      const arrivals: number[] = [];
      let text = "";
      for await (const chunk of answer.body) {
        arrivals.push(performance.now() - startedAt);
        text += Buffer.from(chunk).toString();
      }
      t.is(text, "piece 0\npiece 1\npiece 2\n");
      // They are made 300 ms apart: what was collected would come at once.
      t.true((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0) > 250);
    },
  },
  {
    title: "several cookies stay several",
    run: async (t, asker) => {
      const answer = await asker.ask({ path: "/cookies" });
      t.is(answer.header("set-cookie").length, 2);
      await bytesOf(answer);
    },
  },
  {
    title: "a redirect is handed on",
    run: async (t, asker) => {
      const answer = await asker.ask({ path: "/redirect" });
      t.is(answer.status, 302);
      t.regex(answer.header("location")[0] ?? "", /\/echo\/landed\?by=redirect$/);
      await bytesOf(answer);
    },
  },
  {
    title: "an answer that breaks off is never taken for a whole one",
    run: async (t, asker) => {
      const { text, isBroken } = await endOf(await asker.ask({ path: "/broken" }));
      t.true(isBroken);
      t.true("the beginning".startsWith(text));
    },
  },
  {
    title: "one who leaves while the answer is made is told of his own reason, and the server goes on",
    run: async (t, asker) => {
      const abort = new AbortController();
      const asked = asker.ask({ path: "/paced", signal: abort.signal });
      const { body } = await asked;
      abort.abort(new Error("no longer wanted"));
      await t.throwsAsync(async () => {
        for await (const _ of body) continue;
      });
      t.is((await asker.ask({ path: "/status/200" })).status, 200);
    },
  },
  {
    title: "one who leaves before there is an answer is let go at once",
    run: async (t, asker) => {
      const abort = new AbortController();
      const asked = asker.ask({ path: "/slow", signal: abort.signal });
      const startedAt = performance.now();
      setTimeout(() => abort.abort(new Error("no longer wanted")), 50);
      await t.throwsAsync(asked);
      // The application would take 5 s.
      t.true(performance.now() - startedAt < 4_000);
      t.is((await asker.ask({ path: "/status/200" })).status, 200);
    },
  },
  {
    title: "40 at a time get their own answers",
    run: async (t, asker) => {
      const numbers = Array.from({ length: 40 }, (_, i) => i);
      const echoes = await Promise.all(
        numbers.map(async (number) =>
          echoOf(await asker.ask({ method: "POST", path: `/echo/${number}`, body: Buffer.from(`body ${number}`) })),
        ),
      );
      t.deepEqual(
        echoes.map(({ path, sha256: digest }) => [path, digest]),
        numbers.map((number) => [`/echo/${number}`, sha256(Buffer.from(`body ${number}`))]),
      );
    },
  },
];
