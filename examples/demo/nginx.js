// A private nginx from the project's nginx-example.conf: same user, a loopback port, its own directory.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";

const example = new URL("../../nginx-example.conf", import.meta.url);

/** Path of the nginx program, or undefined where it is not installed. */
export function findNginx() {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, "nginx")).find(isExecutable);
}

/**
 * Starts nginx in front of a uwsgi socket, and waits until it answers.
 * @param {{ program: string, directory: string, socket: string, port: number }} options
 */
export async function startNginx({ program, directory, socket, port }) {
  const conf = join(directory, "nginx.conf");
  writeFileSync(conf, configure(socket, port));
  // Started by root, its workers would be "nobody" and could not open our socket.
  const user = process.getuid?.() === 0 ? ` user ${userInfo().username};` : "";
  const child = spawn(
    program,
    ["-p", directory, "-c", conf, "-e", join(directory, "error.log"), "-g", `daemon off;${user}`],
    {
      stdio: ["ignore", "ignore", "inherit"],
      // Ctrl-C reaches us alone: nginx is stopped by us, after the requests that run.
      detached: true,
    },
  );
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`nginx ended with code ${code}; see ${join(directory, "error.log")}`);
  });
  await Promise.race([answers(port), failed]);
  failed.catch(() => {});
  return {
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGQUIT");
      await once(child, "exit");
    },
  };
}

/** The preferred port of the loopback interface when it is free, else one that the system chooses. */
export async function freePort(/** @type {number} */ preferred) {
  for (const port of [preferred, 0]) {
    const probe = createServer();
    try {
      probe.listen(port, "127.0.0.1");
      await once(probe, "listening");
      const address = probe.address();
      if (typeof address === "object" && address !== null) return address.port;
    } catch {
      // Taken: the next one.
    } finally {
      probe.close();
    }
  }
  throw new Error("no free port on 127.0.0.1");
}

/** The example with our socket and port in place of its own. */
function configure(/** @type {string} */ socket, /** @type {number} */ port) {
  let text = readFileSync(example, "utf8");
  const replacements = new Map([
    ["server unix:/run/uisge/app.sock;", `server unix:${socket};`],
    ["listen 127.0.0.1:8080;", `listen 127.0.0.1:${port};`],
  ]);
  for (const [from, to] of replacements) {
    if (text.split(from).length !== 2) throw new Error(`nginx-example.conf must have "${from}" exactly once`);
    text = text.replace(from, to);
  }
  return text;
}

/** Resolves when something accepts connections on the port; gives up after 5 s. */
async function answers(/** @type {number} */ port) {
  const until = performance.now() + 5_000;
  for (;;) {
    const probe = connect(port, "127.0.0.1");
    try {
      await once(probe, "connect");
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      probe.destroy();
    }
  }
}

function isExecutable(/** @type {string} */ path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
