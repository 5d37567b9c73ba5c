/**
 * Looks for native memory that compressions leave behind when their client goes away:
 *
 *     npx tsc -p tsconfig.test.json
 *     MALLOC_MMAP_THRESHOLD_=131072 node --expose-gc build/test/programs/compress-leak.js [rounds]
 *
 * Begins 500 compressions by each coding in each round (default 4), reads a piece of each, and leaves. Prints the
 * memory at rest behind each round. The exit code is 1 when it grows by 32 MB behind the second round: 500 that are
 * not let go of hold 150 MB and more.
 *
 * The variable makes glibc give large blocks back at once. Without it freed ones stay with the process, scattered over
 * its threads: it levels off 50 to 300 MB higher, and what is lost cannot be told from what is kept.
 */
import { compress } from "../../src/middleware/compress/index.ts";
import type { AppRequest, AppResponse } from "../../src/handler/index.ts";
import { codings } from "../helpers/codings.ts";

const ROUNDS = Number(process.argv[2] ?? 4);
const AT_A_TIME = 100;
const PER_ROUND = 500;
const ALLOWED_MB = 32;

let open = 0;

const chunk = Uint8Array.from({ length: 20_000 }, (_, at) => (at * at * 7_919) >> 7);

async function* source(): AsyncGenerator<Uint8Array, void> {
  open++;
  try {
    for (;;) yield chunk;
  } finally {
    open--;
  }
}

async function abort(coding: string): Promise<void> {
  const environ = { REQUEST_METHOD: "GET", QUERY_STRING: "", HTTP_ACCEPT_ENCODING: coding };
  const response: AppResponse = { status: 200, headers: [["Content-Type", "text/plain"]], body: source() };
  const { body } = await compress()(() => response)({ environ, isUpgraded: false } as unknown as AppRequest);
  const coded = body as AsyncIterableIterator<Uint8Array> & { close(): Promise<void> };
  await coded.next();
  // Half of them in the middle of a read.
  const reading = open % 2 === 0 ? coded.next() : undefined;
  await coded.close();
  await reading;
}

function handles(): number {
  return process.getActiveResourcesInfo().filter((name) => /zlib|brotli|zstd/i.test(name)).length;
}

async function atRest(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().rss / 1_048_576;
}

const seen: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  for (const coding of codings) {
    for (let i = 0; i < PER_ROUND; i += AT_A_TIME)
      await Promise.all(Array.from({ length: AT_A_TIME }, () => abort(coding)));
  }
  seen.push(await atRest());
  console.log(
    `${(round + 1) * PER_ROUND * codings.length} aborted: rss ${seen.at(-1)?.toFixed(1)} MB, ${open} sources, ${handles()} handles`,
  );
}
const grown = (seen.at(-1) ?? 0) - (seen[1] ?? 0);
console.log(`grown by ${grown.toFixed(1)} MB behind the second round`);
process.exitCode = grown > ALLOWED_MB || open > 0 || handles() > 0 ? 1 : 0;
