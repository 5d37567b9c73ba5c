import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { projectRoot } from "./helpers/project.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as Manifest;
const { name, version } = manifest;

/** `uisge`, `uisge/codec`, ... */
const specifiers = Object.keys(manifest.exports).map((subpath) => name + subpath.slice(1));
const modules = specifiers.filter((specifier) => !specifier.endsWith(".json"));

/** All that may be published; a trailing slash is a folder. */
const PUBLISHED = [
  "deploy/",
  "dist/",
  "src/",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "nginx-example.conf",
  "package.json",
  "uisge.schema.json",
];

let folder = "";
let tarball = "";
let files: string[] = [];

test.before("the package is packed and installed into an empty project", async () => {
  folder = await mkdtemp(join(tmpdir(), "uisge-package-"));
  // Packing builds first; that is spared when the build is up to date, as it is in `npm test`.
  const fresh = isBuilt() ? ["--ignore-scripts"] : [];
  const packed = await npm(["pack", "--json", "--pack-destination", folder, ...fresh], projectRoot);
  const [report] = JSON.parse(packed.slice(packed.indexOf("["))) as { filename: string; files: { path: string }[] }[];
  if (report === undefined) throw new Error(`npm pack said: ${packed}`);
  tarball = join(folder, report.filename);
  files = report.files.map(({ path }) => path).sort();
  // What the package needs comes from our own folder: the registry is not asked.
  const dependencies = Object.fromEntries(
    // The schema of configurations is for those who have what it is written in.
    [...needed(), "@sinclair/typebox"].map((one) => [one, `file:${join(projectRoot, "node_modules", one)}`]),
  );
  const consumer = { name: "consumer", private: true, type: "module", dependencies };
  await writeFile(join(folder, "package.json"), JSON.stringify(consumer));
  await npm(["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball], folder);
});

test.after.always("the project is removed", async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The packages that ours needs, and what those need. */
function needed(from: Manifest = manifest, known: Set<string> = new Set()): string[] {
  for (const one of Object.keys(from.dependencies ?? {})) {
    if (known.has(one)) continue;
    known.add(one);
    needed(JSON.parse(readFileSync(join(projectRoot, "node_modules", one, "package.json"), "utf8")) as Manifest, known);
  }
  return [...known];
}

function isBuilt(): boolean {
  return readdirSync(join(projectRoot, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .every((path) => {
      const built = join(projectRoot, "dist", path.replace(/\.ts$/, ".js"));
      return existsSync(built) && statSync(built).mtimeMs >= statSync(join(projectRoot, "src", path)).mtimeMs;
    });
}

async function npm(args: string[], cwd: string): Promise<string> {
  // What npm tells its scripts about the project above must not reach the project below.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.toLowerCase().startsWith("npm_")));
  const { stdout } = await run("npm", args, { cwd, env });
  return stdout;
}

/** Runs a program in the consumer's project; answers what it printed, also when it failed. */
async function inProject(program: string, args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { cwd: folder });
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as { stdout?: string; stderr?: string; message: string };
    return `${message}\n${stdout}${stderr}`;
  }
}

test("only what belongs to the package is published", (t) => {
  const others = files.filter(
    (path) => !PUBLISHED.some((allowed) => (allowed.endsWith("/") ? path.startsWith(allowed) : path === allowed)),
  );
  t.deepEqual(others, []);
});

test("all that belongs to the package is published", (t) => {
  const missing = PUBLISHED.filter(
    (wanted) => !files.some((path) => (wanted.endsWith("/") ? path.startsWith(wanted) : path === wanted)),
  );
  t.deepEqual(missing, []);
});

test("everything in dist was built from a source that is still there", (t) => {
  const orphans = files.filter((path) => {
    const source = path.replace(/^dist\//, "src/").replace(/(?:\.d\.ts|\.js)(?:\.map)?$/, ".ts");
    return path.startsWith("dist/") && !files.includes(source);
  });
  t.deepEqual(orphans, []);
});

test("each source is published with its code, its types and their maps", (t) => {
  const missing = files
    // Declarations have no code: they speak for packages that are not there.
    .filter((path) => path.startsWith("src/") && !path.endsWith(".d.ts"))
    .flatMap((path) =>
      [".js", ".js.map", ".d.ts", ".d.ts.map"].map((ending) =>
        path.replace(/^src\//, "dist/").replace(/\.ts$/, ending),
      ),
    )
    .filter((path) => !files.includes(path));
  t.deepEqual(missing, []);
});

test("no test is published", (t) => {
  t.deepEqual(
    files.filter((path) => /(?:^|\/)(?:test|bench|build)\/|\.test\./.test(path)),
    [],
  );
});

test("the package needs the three that decision 0022 names, and they need few", (t) => {
  t.deepEqual(Object.keys(manifest.dependencies ?? {}), [
    "commander",
    "compressible",
    "cookie",
    "negotiator",
    "toml-eslint-parser",
    "yaml",
  ]);
  t.deepEqual(needed().sort(), [
    "commander",
    "compressible",
    "content-type",
    "cookie",
    "eslint-visitor-keys",
    "mime-db",
    "negotiator",
    "toml-eslint-parser",
    "yaml",
  ]);
});

for (const specifier of modules) {
  test(`${specifier} is imported by plain Node`, async (t) => {
    const code = `import * as names from ${JSON.stringify(specifier)}; console.log(Object.keys(names).length > 0);`;
    t.is(await inProject(process.execPath, ["--input-type=module", "--eval", code]), "true\n");
  });
}

test("package.json is imported by its subpath", async (t) => {
  const code = `console.log((await import("${name}/package.json", { with: { type: "json" } })).default.version);`;
  t.is(await inProject(process.execPath, ["--no-warnings", "--input-type=module", "--eval", code]), `${version}\n`);
});

test("files that are not exported cannot be imported", async (t) => {
  const code = `await import("${name}/dist/codec/vars.js").catch((error) => console.log(error.code));`;
  t.is(await inProject(process.execPath, ["--input-type=module", "--eval", code]), "ERR_PACKAGE_PATH_NOT_EXPORTED\n");
});

test("a strict TypeScript project without any DOM checks every subpath, and the types of the package", async (t) => {
  const imports = specifiers.map((specifier, i) => {
    const attributes = specifier.endsWith(".json") ? ' with { type: "json" }' : "";
    return specifier.endsWith(".json")
      ? `import m${i} from ${JSON.stringify(specifier)}${attributes};`
      : `import * as m${i} from ${JSON.stringify(specifier)};`;
  });
  await writeFile(
    join(folder, "all.ts"),
    `${imports.join("\n")}\nexport const all: object[] = [${specifiers.map((_, i) => `m${i}`).join(", ")}];\n`,
  );
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    module: "nodenext",
    target: "es2022",
    lib: ["es2022"],
    exactOptionalPropertyTypes: true,
    resolveJsonModule: true,
    types: ["node"],
    typeRoots: [join(projectRoot, "node_modules", "@types")],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts"] }));
  const tsc = join(projectRoot, "node_modules", "typescript", "bin", "tsc");
  t.is(await inProject(process.execPath, [tsc, "-p", "."]), "");
});

test("publint finds nothing to say", async (t) => {
  const { buffer, byteOffset, byteLength } = await readFile(tarball);
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
  t.deepEqual(
    messages.map((message) => formatMessage(message, pkg ?? {})),
    [],
  );
});

test("the command prints its version", async (t) => {
  t.is((await npm(["exec", "--offline", "--no", "--", name, "--version"], folder)).trim(), version);
});
