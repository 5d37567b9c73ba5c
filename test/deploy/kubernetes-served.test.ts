/** The pod of `deploy/kubernetes` without Kubernetes: its two command lines, as its users, with paths of a test. */
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { Child, LONG_MS } from "../helpers/child.ts";
import { readDeploy, translate, uisgeIn } from "../helpers/deploy-files.ts";
import { findProgram } from "../helpers/find-program.ts";
import { freePort } from "../helpers/front-end-process.ts";
import { send } from "../helpers/http-client.ts";
import { readManifests } from "../helpers/manifests.ts";
import { until } from "../helpers/measure.ts";
import { needs, needsOtherUser } from "../helpers/needs.ts";
import { runProgram } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const podTest = findProgram("nginx") === undefined ? needs("nginx") : needsOtherUser();

interface Container {
  readonly args: readonly string[];
  readonly command: readonly string[];
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly readinessProbe: { readonly exec: { readonly command: readonly string[] } };
}

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly securityContext: { readonly fsGroup: number };
        readonly initContainers: readonly [Container];
        readonly containers: readonly [Container];
      };
    };
  };
}

const {
  securityContext: { fsGroup },
  initContainers: [uisge],
  containers: [nginx],
} = (readManifests().get("Deployment") as unknown as Deployment).spec.template.spec;

const APPLICATION = `import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
export const application = async (environ, start) => {
  if (environ.PATH_INFO === "/held") while (!existsSync(process.env.RELEASED)) await delay(10);
  start("200 OK", [["Content-Type", "application/json"]]);
  const { SERVER_NAME, HTTPS, REQUEST_SCHEME, REMOTE_ADDR, HTTP_X_FORWARDED_PROTO } = environ;
  return JSON.stringify({ uid: process.getuid(), SERVER_NAME, HTTPS, REQUEST_SCHEME, REMOTE_ADDR, HTTP_X_FORWARDED_PROTO });
};
`;

/** A program with the rights of a container. */
function asContainer({ securityContext: { runAsUser, runAsGroup } }: Container, command: readonly string[]): string[] {
  const rights = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"];
  return [`--reuid=${runAsUser}`, `--regid=${runAsGroup}`, `--groups=${fsGroup}`, ...rights, "--", ...command];
}

/** An emptyDir, as the kubelet makes it for an fsGroup. */
function emptyDir(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path);
  chownSync(path, 0, fsGroup);
  chmodSync(path, 0o2777);
  return path;
}

async function startPod(t: ExecutionContext) {
  const folder = folderOf(t);
  chmodSync(folder, 0o755);
  const [sockets, uisgeTmp, nginxTmp] = ["sockets", "uisge-tmp", "nginx-tmp"].map((name) => emptyDir(folder, name)) as [
    string,
    string,
    string,
  ];
  const app = join(folder, "app.mjs");
  writeFileSync(app, APPLICATION);
  const program = uisgeIn(folder);
  const port = await freePort();
  const conf = join(folder, "nginx.conf");
  const translated = translate(readDeploy("kubernetes/nginx.conf"), {
    // A container's own streams are its user's.
    "access_log /dev/stdout": "access_log /tmp/access.log",
    "/tmp": nginxTmp,
    "/run/uisge": sockets,
    "listen 8080": `listen 127.0.0.1:${port}`,
  });
  writeFileSync(conf, translated);
  const ini = translate(readDeploy("kubernetes/app.ini"), { "/srv/app/app.js": app, "/run/uisge": sockets });
  const file = join(folder, "app.ini");
  writeFileSync(file, ini);
  const args = uisge.args.slice(1).map((word) => word.replace("/etc/uisge/app.ini", file));
  const released = join(folder, "released");
  const served = new Child(asContainer(uisge, [program, ...args]), {
    program: "setpriv",
    cwd: folder,
    env: { TMPDIR: uisgeTmp, RELEASED: released },
  });
  t.teardown(() => served[Symbol.asyncDispose]());
  const probe = uisge.readinessProbe.exec.command.map((word) => word.replace("/run/uisge", sockets)).slice(1);
  const isReady = async (): Promise<boolean> => {
    if (served.process.exitCode !== null) throw new Error(served.stderr);
    return (await runProgram("setpriv", asContainer(uisge, [program, ...probe]))).code === 0;
  };
  const nginxCommand = nginx.command.map((word) => word.replace("/etc/nginx/shop/nginx.conf", conf));
  return {
    socket: join(sockets, "app.sock"),
    uisgeTmp,
    nginxTmp,
    port,
    served,
    isReady,
    nginxCommand,
    released,
    program,
  };
}

podTest(
  "nginx reaches uisge by the socket in a folder of both, as the pod's users, and they end in the pod's order",
  async (t) => {
    const pod = await startPod(t);
    t.false(await pod.isReady());
    await until(pod.isReady, LONG_MS, "the readiness probe succeeds");
    const { mode, uid, gid } = statSync(pod.socket);
    t.deepEqual([(mode & 0o777).toString(8), uid, gid], ["660", uisge.securityContext.runAsUser, fsGroup]);

    const tested = await runProgram("setpriv", asContainer(nginx, [...pod.nginxCommand, "-t"]));
    t.is(tested.code, 0, tested.stderr);
    t.notRegex(tested.stderr, /\[(?:warn|emerg|alert)\]/);
    await using front = new Child(asContainer(nginx, pod.nginxCommand), { program: "setpriv" });
    const alive = (): Promise<boolean> => {
      return send({ port: pod.port, path: "/nginx-alive" }).then(
        ({ status }) => status === 204,
        () => false,
      );
    };
    await until(alive, LONG_MS, `nginx answers its own probe: ${front.stderr}`);

    const headers = [["X-Forwarded-Proto", "https"]] as const;
    const answer = await send({ port: pod.port, headers });
    t.is(answer.status, 200, front.stderr);
    t.deepEqual(JSON.parse(answer.body.toString()), {
      uid: uisge.securityContext.runAsUser,
      SERVER_NAME: "shop.example.com",
      HTTPS: "on",
      REQUEST_SCHEME: "https",
      REMOTE_ADDR: "127.0.0.1",
    });
    // Commands go in by `kubectl exec`, with the folder for temporary files that the container has.
    const env = { ...process.env, TMPDIR: pod.uisgeTmp };
    await using status = new Child(asContainer(uisge, [pod.program, "status", "--json"]), { program: "setpriv", env });
    t.is(await status.exit(), 0, status.stderr);

    // The end: nginx first, with what runs; then uisge.
    const held = send({ port: pod.port, path: "/held" });
    await until(() => requestsOf(pod), LONG_MS, "the request runs");
    front.process.kill("SIGQUIT");
    await until(() => alive().then((is) => !is), LONG_MS, "nginx accepts nothing new");
    writeFileSync(pod.released, "");
    t.is((await held).status, 200);
    t.is(await front.exit(), 0);
    t.true(await pod.isReady());
    pod.served.process.kill("SIGTERM");
    t.is(await pod.served.exit(), 0);
    t.is(readFileSync(join(pod.nginxTmp, "access.log"), "utf8").match(/"status":200/g)?.length, 2);
  },
);

/** Whether a request runs, as the pod's operator asks. */
async function requestsOf({ program, uisgeTmp }: Awaited<ReturnType<typeof startPod>>): Promise<boolean> {
  const env = { ...process.env, TMPDIR: uisgeTmp };
  await using asked = new Child(asContainer(uisge, [program, "requests"]), { program: "setpriv", env });
  await asked.exit();
  return asked.stdout.includes("/held");
}
