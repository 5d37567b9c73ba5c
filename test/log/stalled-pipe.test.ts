/** Real processes whose logs nobody reads, or whose reader goes away. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { projectRoot } from "../helpers/project.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/** Standard output is the access log, standard error the error log; what is to be known comes by messages. */
const PROGRAM = `
import { serve } from ${JSON.stringify(join(projectRoot, "build/src/index.js"))};
const application = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Length", "2"]]);
  return "ok";
};
const log = { access: process.stdout, errors: process.stderr };
const server = await serve(application, { socket: process.argv[2], log });
process.on("message", (message) => {
  if (message === "waiting") process.send(process.stdout.writableLength);
  else server.close().then(() => process.disconnect());
});
process.send("listening");
`;

interface Logging {
  readonly child: ReturnType<typeof spawn>;
  readonly address: { readonly kind: "unix"; readonly path: string };
  /** Bytes that wait in the process for a reader of its standard output. */
  waiting(): Promise<number>;
}

async function start(t: ExecutionContext): Promise<Logging> {
  const path = join(folderOf(t), "s");
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, "--", "-", path], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  await once(child, "message");
  return {
    child,
    address: { kind: "unix", path },
    waiting: async () => {
      child.send("waiting");
      return Number((await once(child, "message"))[0]);
    },
  };
}

/** Requests whose access lines have 2 KiB each; the answers' statuses without repeats. */
async function flood(address: Logging["address"], requests: number): Promise<number[]> {
  const packet = get({ HTTP_USER_AGENT: "x".repeat(2_000), REMOTE_ADDR: "192.0.2.1" });
  const statuses = new Set<number>();
  for (let sent = 0; sent < requests; sent += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(address, packet)));
    for (const { status } of answers) statuses.add(status);
  }
  return [...statuses];
}

test("an access log that nobody reads stops no request and takes little memory; it is said how much is missing", async (t) => {
  const { child, address, waiting } = await start(t);
  t.deepEqual(await flood(address, 1_000), [200]);
  const bytes = await waiting();
  // Lines that are written together may go over the limit by as much as goes together.
  t.true(bytes > 500_000 && bytes <= 1_048_576 + 16_384 + 4_096, `${bytes} bytes wait`);
  let [access, errors] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (access += text));
  const told = new Promise<void>((resolve) => {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
      if (errors.includes("\n")) resolve();
    });
  });
  await told;
  child.send("close");
  await once(child, "close");
  const dropped = Number(/ warn (\d+) lines of the access log were dropped/.exec(errors)?.[1]);
  const lines = access.split("\n");
  t.is(lines.pop(), "");
  t.is(lines.length + dropped, 1_000);
  for (const line of new Set(lines)) t.regex(line, /^192\.0\.2\.1 - - \[[^\]]+\] "GET \/ HTTP\/1\.0" 200 2 "-" "x+"$/);
});

test("the last lines of the command's access log are written before it ends, though its reader is behind", async (t) => {
  const folder = folderOf(t);
  const app = join(folder, "app.mjs");
  writeFileSync(app, "export const application = (_environ, start) => (start('200 OK', []), 'ok');");
  const args = [join(projectRoot, "dist/cli/main.js"), "serve", app, "-s", join(folder, "s")];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    if (String(text).includes("listening on")) break;
  }
  // More than a pipe holds, less than what is dropped.
  await flood({ kind: "unix", path: join(folder, "s") }, 300);
  child.kill("SIGTERM");
  let access = "";
  child.stderr.resume();
  child.stdout.setEncoding("utf8").on("data", (text: string) => (access += text));
  t.deepEqual(await once(child, "close"), [0, null]);
  t.is(access.split("\n").length - 1, 300);
});

test("F21: a log reader that goes away is not the end of the server", async (t) => {
  const { child, address } = await start(t);
  child.stdout?.destroy();
  child.stderr?.destroy();
  t.deepEqual(await flood(address, 100), [200]);
  child.send("close");
  t.deepEqual(await once(child, "exit"), [0, null]);
});
