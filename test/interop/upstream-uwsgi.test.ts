/** An upstream whose nodes are real uWSGI with Python. */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { Upstream } from "../../src/upstream/index.ts";
import { accepts } from "../helpers/accepts.ts";
import { findProgram } from "../helpers/find-program.ts";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { bodyOf, Changes, request, textOf } from "../helpers/upstream-nodes.ts";

const application = `
import os, time
def application(environ, start_response):
    body = environ["wsgi.input"].read()
    if environ.get("PATH_INFO") == "/slow":
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%s %s %d" % (environ["WHO"] if "WHO" in environ else os.environ["WHO"], environ["REQUEST_METHOD"], len(body))).encode()]
`;

/** uWSGI at `socket`; killed with the test at the latest. Resolves when it accepts. */
async function startUwsgi(t: ExecutionContext, folder: string, name: string, plugins: string): Promise<ChildProcess> {
  await writeFile(join(folder, "app.py"), application);
  const socket = join(folder, name);
  const args = ["--plugin", plugins, "--socket", socket, "--wsgi-file", join(folder, "app.py")];
  // Without a master, so that the process that is killed is the one that answers; it must not outlive the test either.
  const more = ["--threads", "4", "--die-on-term", "--need-app"];
  const child = spawn(findProgram("uwsgi") as string, [...args, ...more], {
    stdio: "ignore",
    env: { ...process.env, WHO: name },
  });
  t.teardown(() => child.kill("SIGKILL"));
  while (!(await accepts({ path: socket }))) await new Promise((resolve) => setTimeout(resolve, 10));
  return child;
}

needsUwsgiPython().serial(
  "uWSGI with its ping plugin is healthy; killed under load no idempotent request is lost, and pings find it when it is back",
  async (t) => {
    const folder = folderOf(t);
    const names = ["one", "two", "three"];
    const [first] = await Promise.all(names.map((name) => startUwsgi(t, folder, name, "python3,ping")));
    const nodes = names.map((name) => ({ address: join(folder, name), failTimeoutMs: 60_000 }));
    const changes = new Changes(t);
    await using upstream = new Upstream({
      nodes,
      health: { active: { intervalMs: 50, rise: 2, fall: 2 } },
    });
    const tally = new Map<string, number>();
    const lost: string[] = [];
    let isOver = false;
    const lane = async (number: number): Promise<void> => {
      for (let i = number; !isOver; i++) {
        const hasBody = i % 2 === 0;
        const method = hasBody ? "PUT" : "GET";
        const body = { [Symbol.asyncIterator]: () => bodyOf("12345")[Symbol.asyncIterator]() };
        const vars = { REQUEST_METHOD: method, PATH_INFO: "/slow", CONTENT_LENGTH: hasBody ? "5" : "" };
        try {
          const text = await textOf(
            await upstream.send(request(vars, hasBody ? { body, isBodyReplayable: true } : {})),
          );
          const [name = "", ...rest] = text.split(" ");
          if (rest.join(" ") !== `${method} ${hasBody ? 5 : 0}`) lost.push(text);
          tally.set(name, (tally.get(name) ?? 0) + 1);
        } catch (error) {
          lost.push(String(error));
        }
      }
    };
    const loading = Promise.all([0, 1, 2, 3, 4, 5].map(lane));
    const enough = async (name: string, more: number): Promise<void> => {
      const goal = (tally.get(name) ?? 0) + more;
      while ((tally.get(name) ?? 0) < goal) await new Promise(setImmediate);
    };
    await enough("one", 10);
    first?.kill("SIGKILL");
    await changes.until(upstream, `${join(folder, "one")} down`);
    await enough("two", 10);
    await startUwsgi(t, folder, "one", "python3,ping");
    const up = await changes.until(upstream, `${join(folder, "one")} up`);
    t.regex(up.why, /^passed \d+ health checks$/);
    await enough("one", 10);
    isOver = true;
    await loading;
    t.deepEqual(lost, []);
  },
);

needsUwsgiPython()(
  "uWSGI without its ping plugin fails pings, is well where accepting is enough, and says so",
  async (t) => {
    const folder = folderOf(t);
    await startUwsgi(t, folder, "plain", "python3");
    const socket = join(folder, "plain");
    const changes = new Changes(t);
    const active = { intervalMs: 20, rise: 1, fall: 2 };
    await using pinging = new Upstream({ nodes: [socket], health: { active } });
    await using connecting = new Upstream({ nodes: [socket], health: { active: { ...active, accept: "connect" } } });
    const down = await changes.until(pinging, `${socket} down`);
    t.regex(down.why, /does it know packet 100 \(in uWSGI: plugin ping\)\?$/);
    t.is(await textOf(await connecting.send(request())), "plain GET 0");
  },
);
