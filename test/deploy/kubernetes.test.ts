/** The manifests of `deploy/kubernetes`: judged by the published schemas, and in agreement with each other. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import test from "ava";
import { optionTables } from "../../src/config/index.ts";
import { EXIT_MS } from "../../src/manager/plan/judge.ts";
import { argumentsOfIni, deployPath, readDeploy } from "../helpers/deploy-files.ts";
import {
  type Json,
  kustomization,
  type Fields,
  readManifests,
  typeErrors,
  validate,
  withUnknownFields,
} from "../helpers/manifests.ts";
import { exampleConf } from "../helpers/nginx.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const manifests = readManifests();
const all = [...manifests.values()];
const nginxConf = readDeploy("kubernetes/nginx.conf");
const ini = readDeploy("kubernetes/app.ini");
const iniFlags = argumentsOfIni(ini);

/** What lies at a path of keys; throws where nothing does. */
function at(value: Json | undefined, ...path: readonly (string | number)[]): Json {
  let found: Json | undefined = value;
  for (const key of path) found = (found as Fields | undefined)?.[key];
  if (found === undefined) throw new Error(`nothing at ${path.join(".")}`);
  return found;
}

/** A text or a number there. */
function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found === "string" || typeof found === "number") return String(found);
  throw new Error(`no text at ${path.join(".")}`);
}

const pod = at(manifests.get("Deployment"), "spec", "template", "spec");
const nginx = at(pod, "containers", 0);
const uisge = at(pod, "initContainers", 0);

function optionOfIni(name: string): string | undefined {
  return iniFlags.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
}

function directive(name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s+(.+);$`, "m").exec(nginxConf)?.[1];
}

for (const [kind, manifest] of manifests) {
  test(`the ${kind} is what the published schema wants`, (t) => {
    t.notThrows(() => validate(manifest));
    t.throws(() => validate({ ...manifest, metadata: { ...(manifest["metadata"] as Fields), name: 1 } }));
  });
}

test("no manifest has a field that the published schemas do not know", async (t) => {
  const said = await typeErrors(folderOf(t), all);
  t.deepEqual(
    said.filter((text) => text !== ""),
    [],
  );
  t.is(said.length, 5);
});

test("a field that is not known would be seen in each object of each manifest", async (t) => {
  const wrong = all.flatMap(withUnknownFields);
  t.true(wrong.length > 80, String(wrong.length));
  const said = await typeErrors(folderOf(t), wrong);
  const unseen = wrong.filter((_, index) => !/unknownField/.test(said[index] ?? ""));
  t.deepEqual(
    unseen.map((one) => JSON.stringify(one)),
    [],
  );
});

test("the socket is the same for uisge, nginx and the probes, in a volume of both", (t) => {
  const socket = optionOfIni("socket") ?? "";
  t.is(directive("server")?.replace("unix:", ""), socket);
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    const command = at(uisge, probe, "exec", "command") as readonly string[];
    t.deepEqual([command.slice(0, 2), command.at(-1)], [["uisge", "ping"], socket]);
  }
  for (const container of [nginx, uisge]) {
    const mounts = at(container, "volumeMounts") as readonly Fields[];
    t.deepEqual(
      mounts.find(({ name }) => name === "socket"),
      { name: "socket", mountPath: dirname(socket) },
    );
  }
});

test("uisge is started before nginx and ended behind it", (t) => {
  t.is(at(uisge, "restartPolicy"), "Always");
  t.is(at(uisge, "name"), "uisge");
  t.is(at(nginx, "name"), "nginx");
  t.deepEqual((at(pod, "containers") as readonly Fields[]).length, 1);
});

test("the grace of the pod is that of nginx, then that of uisge, and something to spare", (t) => {
  const [, pause] = at(nginx, "lifecycle", "preStop", "exec", "command") as readonly string[];
  const quit = Number(/^(\d+)s$/.exec(directive("worker_shutdown_timeout") ?? "")?.[1]);
  const grace = Number(optionOfIni("grace"));
  const sum = Number(pause) + quit + grace + EXIT_MS / 1_000;
  t.true(sum > 0 && sum + 10 <= Number(at(pod, "terminationGracePeriodSeconds")), String(sum));
  // What the manifest says in words.
  const told = [...readDeploy("kubernetes/deployment.yaml").matchAll(/^# +(\d+) s  /gm)].map(([, text]) =>
    Number(text),
  );
  t.deepEqual(told.slice(0, 3), [Number(pause), quit, grace]);
  t.is(
    told.reduce((a, b) => a + b, 0),
    Number(at(pod, "terminationGracePeriodSeconds")),
  );
});

test("a ping gives up before its probe does, and has longer to start than a worker may take", async (t) => {
  for (const name of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    const command = at(uisge, name, "exec", "command") as readonly string[];
    t.true(Number(command[command.indexOf("--timeout") + 1]) + 2 < Number(at(uisge, name, "timeoutSeconds")));
    // Where nobody listens it is no usage error.
    t.is((await runUisge([...command.slice(1, -1), "/nowhere/app.sock"])).code, 1);
  }
  const startTimeout = Number(
    /\d+/.exec(optionTables.serve.find(({ name }) => name === "start-timeout")?.default ?? "")?.[0],
  );
  const allowed =
    Number(at(uisge, "startupProbe", "periodSeconds")) * Number(at(uisge, "startupProbe", "failureThreshold"));
  t.true(startTimeout > 0 && allowed > startTimeout, `${allowed} s for ${startTimeout} s`);
});

test("nobody is root, nor can become it, and both containers have the group of the socket's folder", (t) => {
  t.is(at(pod, "securityContext", "runAsNonRoot"), true);
  t.is(typeof at(pod, "securityContext", "fsGroup"), "number");
  t.is(at(pod, "securityContext", "seccompProfile", "type"), "RuntimeDefault");
  for (const container of [nginx, uisge]) {
    const context = at(container, "securityContext") as Fields;
    t.like(context, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
    t.deepEqual(context["capabilities"], { drop: ["ALL"] });
    t.true(Number(context["runAsUser"]) > 0);
  }
  const [, user] = /^USER (\d+):/m.exec(readDeploy("container/Dockerfile")) ?? [];
  t.is(at(uisge, "securityContext", "runAsUser"), Number(user));
});

test("all that is written to is a volume that is not the configuration", (t) => {
  for (const container of [nginx, uisge]) {
    const mounts = at(container, "volumeMounts") as readonly Fields[];
    t.deepEqual(
      mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath),
      ["/run/uisge", "/tmp"],
    );
  }
  for (const name of [
    "pid",
    "client_body_temp_path",
    "proxy_temp_path",
    "fastcgi_temp_path",
    "uwsgi_temp_path",
    "scgi_temp_path",
  ]) {
    t.regex(directive(name) ?? "", /^\/tmp\//, name);
  }
});

test("ports and names are the same everywhere", (t) => {
  const port = at(nginx, "ports", 0, "containerPort");
  t.is(directive("listen"), textAt(nginx, "ports", 0, "containerPort"));
  t.is(at(manifests.get("Service"), "spec", "ports", 0, "targetPort"), at(nginx, "ports", 0, "name"));
  t.is(at(manifests.get("NetworkPolicy"), "spec", "ingress", 0, "ports", 0, "port"), port);
  const labels = at(manifests.get("Deployment"), "spec", "template", "metadata", "labels");
  t.deepEqual(at(manifests.get("Deployment"), "spec", "selector", "matchLabels"), labels);
  t.deepEqual(at(manifests.get("Service"), "spec", "selector"), labels);
  t.deepEqual(at(manifests.get("PodDisruptionBudget"), "spec", "selector", "matchLabels"), labels);
  t.deepEqual(at(manifests.get("NetworkPolicy"), "spec", "podSelector", "matchLabels"), labels);
  const name = at(manifests.get("Deployment"), "metadata", "name");
  t.deepEqual(at(manifests.get("HorizontalPodAutoscaler"), "spec", "scaleTargetRef"), {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name,
  });
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    t.true(nginxConf.includes(`location = ${textAt(nginx, probe, "httpGet", "path")} {`));
  }
});

test("the configurations that are mounted are those that are generated, and the containers read them", (t) => {
  const volumes = at(pod, "volumes") as readonly Fields[];
  const file = (container: Json, path: string): string => {
    const mount = (at(container, "volumeMounts") as readonly Fields[]).find(
      ({ mountPath }) => mountPath === dirname(path),
    );
    const volume = volumes.find(({ name }) => name === mount?.["name"]);
    const generated = kustomization.configMapGenerator.find(({ name }) => name === at(volume, "configMap", "name"));
    return `${dirname(path)}/${generated?.files[0]}`;
  };
  const nginxCommand = at(nginx, "command") as readonly string[];
  const conf = nginxCommand[nginxCommand.indexOf("-c") + 1] ?? "";
  t.is(file(nginx, conf), conf);
  const args = at(uisge, "args") as readonly string[];
  const config = args[args.indexOf("--config") + 1] ?? "";
  t.is(file(uisge, config), config);
  t.deepEqual(
    kustomization.images.map(({ name }) => name),
    [at(uisge, "image")],
  );
});

test("the autoscaler reckons with what is requested, and leaves the number of pods to nobody else", (t) => {
  t.is(typeof at(uisge, "resources", "requests", "cpu"), "string");
  t.throws(() => at(manifests.get("Deployment"), "spec", "replicas"));
  const [heap = ""] = (optionOfIni("node-option") ?? "").match(/\d+$/) ?? [];
  const limit = Number(/^(\d+)Mi$/.exec(textAt(uisge, "resources", "limits", "memory"))?.[1]);
  const workers = Math.ceil(Number(at(uisge, "resources", "limits", "cpu")));
  t.true(Number(heap) * workers <= limit / 2, `${heap} MiB for each of ${workers} workers`);
});

test("all options of app.ini are options of uisge serve", (t) => {
  const known = new Set(optionTables.serve.map(({ name }) => name));
  const names = [...ini.matchAll(/^([a-z-]+) = /gm)].map(([, name = ""]) => name);
  t.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  );
});

test("nginx tells the application what nginx-example.conf does", (t) => {
  const example = readFileSync(exampleConf(), "utf8");
  const params = (text: string): string[] => [...text.matchAll(/^\s+uwsgi_param (\S+)/gm)].map(([, name = ""]) => name);
  t.deepEqual(params(nginxConf), params(example));
});

test("uisge doctor finds nothing in the pod's nginx.conf", async (t) => {
  const { code, stdout, stderr } = await runUisge(["doctor", deployPath("kubernetes/nginx.conf")]);
  t.is(code, 0, stdout.toString() + stderr);
});
