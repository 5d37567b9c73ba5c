/** Runs `nginx-example.conf` exactly as it stands: its port, its socket path. */
import { once } from "node:events";
import { accessSync, constants, existsSync } from "node:fs";
import { mkdir, rmdir } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import test from "ava";
import { serve, type WsgiApplication } from "../../src/index.ts";
import { type ConditionalTest, needs } from "./needs.ts";
import { exampleConf } from "./nginx.ts";
import { type Front, startFront } from "./nginx-stack.ts";
import { tempFolder } from "./temp-folder.ts";

/** The places that the configuration names. */
const PORT = 8080;
const SOCKET = "/run/uisge/app.sock";

export interface ExampleStack extends Front {
  /** The directory that nginx keeps its files in. */
  readonly prefix: string;
}

/**
 * As `needs("nginx")`; the tests are also skipped where the port or the folder of the socket cannot
 * be had, with a title that says so in the same form.
 */
export async function needsExamplePlaces(): Promise<ConditionalTest["serial"]> {
  const missing: string[] = [];
  if (!(await isFree(PORT))) missing.push(`port ${PORT}`);
  const folder = dirname(SOCKET);
  if (!isWritable(existsSync(folder) ? folder : dirname(folder)) || existsSync(SOCKET)) missing.push(SOCKET);
  if (missing.length === 0) return needs("nginx").serial;
  return (title, implementation) => test.skip(`[needs ${missing.join(", ")}] ${title}`, implementation);
}

/** Serves `application` where the configuration expects it and starts nginx with it. */
export async function startExample(application: WsgiApplication): Promise<ExampleStack> {
  const folder = dirname(SOCKET);
  const prefix = tempFolder();
  const madeFolder = (await mkdir(folder, { recursive: true })) !== undefined;
  const server = await serve(application, { socket: SOCKET });
  const front = await startFront({ conf: exampleConf(), port: PORT, prefix: prefix.path }, async () => {
    await server.close();
    prefix[Symbol.dispose]();
    if (madeFolder) await rmdir(folder);
  });
  return { ...front, prefix: prefix.path };
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    // In use, or not ours to have.
    return false;
  } finally {
    server.close();
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
