/** Asks a manager's application, by its protocol. */
import { request as httpRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "../../src/client/index.ts";

/** The pid that the answer says. Rejects where there is none. */
export type Ask = (path: string) => Promise<number>;

export function askOf(speaks: "uwsgi" | "http", socket: string): Ask {
  return speaks === "uwsgi" ? (path) => askUwsgi(socket, path) : (path) => askHttp(Number(socket), path);
}

async function askUwsgi(socket: string, path: string): Promise<number> {
  const response = await request(socket, { path });
  return Number(await response.text());
}

async function askHttp(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: "127.0.0.1", port, path }, (response) => {
      let text = "";
      response
        .setEncoding("latin1")
        .on("data", (chunk: string) => {
          text += chunk;
        })
        .on("end", () => resolve(Number(text)));
    })
      .on("error", reject)
      .end();
  });
}

/** Milliseconds from `startedAt` to the first answer; asked every 2 ms, for 30 s at most. */
export async function firstAnswer(ask: Ask, startedAt: number): Promise<number> {
  for (;;) {
    const pid = await ask("/").catch(() => 0);
    const tookMs = performance.now() - startedAt;
    if (pid > 0) return tookMs;
    if (tookMs > 30_000) throw new Error("no answer after 30 s");
    await delay(2);
  }
}

/** Asks `requests` times, `lanes` at a time; answers how often each process has answered, and how long it took. */
export async function askMany(
  ask: Ask,
  { path, lanes, requests }: { path: string; lanes: number; requests: number },
): Promise<{ byPid: Map<number, number>; seconds: number }> {
  const byPid = new Map<number, number>();
  const startedAt = performance.now();
  let left = requests;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      const pid = await ask(path);
      byPid.set(pid, (byPid.get(pid) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { byPid, seconds: (performance.now() - startedAt) / 1_000 };
}
