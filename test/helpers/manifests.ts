/** The manifests of `deploy/kubernetes`, as `kubectl apply -k` finds them, and who judges them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { Service } from "kubernetes-models/v1/Service";
import { parse, parseDocument } from "yaml";
import { readDeploy } from "./deploy-files.ts";
import { projectRoot } from "./project.ts";
import { runProgram } from "./run-program.ts";

/** What YAML can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Fields = { readonly [key: string]: Json };
export type Manifest = Fields & { readonly kind: string };

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images: readonly { readonly name: string }[];
}

export const kustomization = parse(readDeploy("kubernetes/kustomization.yaml")) as Kustomization;

/** By kind; a key that is said twice is refused. */
export function readManifests(): Map<string, Manifest> {
  const all = kustomization.resources.map((file): [string, Manifest] => {
    const document = parseDocument(readDeploy(`kubernetes/${file}`), { uniqueKeys: true, strict: true });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    const manifest = document.toJS() as Manifest;
    return [manifest.kind, manifest];
  });
  return new Map(all);
}

/** Compiled from Kubernetes' OpenAPI. */
const models = { Deployment, HorizontalPodAutoscaler, NetworkPolicy, PodDisruptionBudget, Service };

/** Where their types are. */
const types: Readonly<Record<string, string>> = {
  Deployment: "apps/v1/Deployment",
  HorizontalPodAutoscaler: "autoscaling/v2/HorizontalPodAutoscaler",
  NetworkPolicy: "networking.k8s.io/v1/NetworkPolicy",
  PodDisruptionBudget: "policy/v1/PodDisruptionBudget",
  Service: "v1/Service",
};

/** Throws for a field that is missing, or of a wrong type. It passes over fields that it does not know: see `typeErrors`. */
export function validate(manifest: Manifest): void {
  const Model = (models as unknown as Readonly<Record<string, new (data: Manifest) => { validate(): void }>>)[
    manifest.kind
  ];
  if (Model === undefined) throw new Error(`there is no schema of a ${manifest.kind}`);
  new Model(manifest).validate();
}

/**
 * What the compiler says of each manifest, as a literal of the type that the published schema has: it allows no field that
 * the type does not know. Empty texts where all is well.
 */
export async function typeErrors(folder: string, manifests: readonly Manifest[]): Promise<string[]> {
  const kinds = [...new Set(manifests.map(({ kind }) => kind))];
  const imports = kinds.map((kind) => `import type { I${kind} } from "kubernetes-models/${types[kind]}";`);
  const lines = manifests.map((one, at) => `export const m${at}: I${one.kind} = ${JSON.stringify(one)};`);
  writeFileSync(join(folder, "manifests.ts"), `${[...imports, ...lines].join("\n")}\n`);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: "esnext",
    moduleResolution: "bundler",
    types: [],
    lib: ["es2022"],
    paths: { "kubernetes-models/*": [join(projectRoot, "node_modules/kubernetes-models/*")] },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["manifests.ts"] }));
  const compiler = join(projectRoot, "node_modules/typescript/bin/tsc");
  const { stdout } = await runProgram(process.execPath, [compiler, "--pretty", "false", "-p", folder]);
  const said = stdout.toString().split("\n");
  const elsewhere = said.filter((line) => /\berror TS/.test(line) && !/manifests\.ts\(\d+,/.test(line));
  if (elsewhere.length > 0) throw new Error(elsewhere.join("\n"));
  return lines.map((_, at) =>
    said.filter((line) => line.includes(`manifests.ts(${imports.length + at + 1},`)).join("\n"),
  );
}

/** Objects whose keys are anybody's to choose. */
const free = new Set(["labels", "annotations", "matchLabels", "selector", "requests", "limits"]);

/** The manifest once for each object in it, with one field more there. */
export function withUnknownFields(manifest: Manifest): Manifest[] {
  const found: Manifest[] = [];
  const walk = (value: Json, key: string, rebuild: (changed: Json) => Json): void => {
    if (Array.isArray(value)) {
      const items = value as readonly Json[];
      for (const [at, item] of items.entries()) {
        walk(item, key, (changed) => rebuild(items.map((one, index) => (index === at ? changed : one))));
      }
    } else if (typeof value === "object" && value !== null) {
      const object = value as Fields;
      const isFree = free.has(key) && Object.values(object).every((one) => typeof one !== "object");
      if (!isFree) found.push(rebuild({ ...object, unknownField: 1 }) as Manifest);
      for (const [name, inner] of Object.entries(object)) {
        walk(inner, name, (changed) => rebuild({ ...object, [name]: changed }));
      }
    }
  };
  walk(manifest, "", (changed) => changed);
  return found;
}
