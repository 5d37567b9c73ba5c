import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { loadApplication } from "../../../src/app/index.ts";
import { projectRoot } from "../../helpers/project.ts";
import { type TempFolder, tempFolder } from "../../helpers/temp-folder.ts";

const run = promisify(execFile);
const ESM =
  "export function application() {}\nexport const other = () => {};\nexport const text = 'x';\nexport const nothing = null;";

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): TempFolder {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(name)), { recursive: true });
    writeFileSync(folder.file(name), content);
  }
  return folder;
}

for (const [about, file, content, name, exportName = "application"] of [
  ["the default name of an ES module", "app.mjs", ESM, "app.mjs"],
  ["a named export of an ES module", "app.mjs", ESM, "app.mjs:other", "other"],
  ["the default export", "app.mjs", "export default () => {};", "app.mjs:default", "default"],
  [
    "the default name in an object that is the default export",
    "app.mjs",
    "export default { application() {} };",
    "app.mjs",
  ],
  ["a class", "app.mjs", "export class application {}", "app.mjs"],
  ["an export of a CommonJS module", "app.cjs", "exports.application = () => {};", "app.cjs"],
  ["the object of a CommonJS module", "app.cjs", "module.exports = { application() {} };", "app.cjs"],
  [
    "names of a CommonJS module that cannot be seen from outside",
    "app.cjs",
    "module.exports = (() => ({ application() {}, a: 1 }))();",
    "app.cjs",
  ],
  ["the function that a CommonJS module is", "app.cjs", "module.exports = () => {};", "app.cjs:default", "default"],
  ["a file in a folder below", "a/b/app.mjs", ESM, "a/b/app.mjs:other", "other"],
  ["a file whose name has a colon", "my:app.mjs", ESM, "my:app.mjs"],
  ["an export of a file whose name has a colon", "my:app.mjs", ESM, "my:app.mjs:other", "other"],
  ["a file whose name has characters of a URL", "my app #1?%.mjs", ESM, "my app #1?%.mjs"],
  [
    "a module that is not ready at once",
    "app.mjs",
    "await new Promise(setImmediate);\nexport const application = () => {};",
    "app.mjs",
  ],
] as const) {
  test(`an application is loaded by ${about}`, async (t) => {
    using folder = folderOf({ [file]: content });
    const loaded = await loadApplication(name, folder.path);
    t.is(typeof loaded.application, "function");
    t.deepEqual([loaded.path, loaded.exportName], [folder.file(file), exportName]);
  });
}

test("an absolute path does not depend on the folder", async (t) => {
  using folder = folderOf({ "app.mjs": ESM });
  t.is((await loadApplication(folder.file("app.mjs"), "/")).path, folder.file("app.mjs"));
});

for (const [about, name, code, message] of [
  [
    "a missing export says what is there, and how to name it",
    "app.mjs:nope",
    "UWSGI_APP_NOT_FOUND",
    /has no export nope, it has application, nothing, other, text; .* \S+app\.mjs:NAME$/,
  ],
  [
    "a missing export of an empty module says that there is none",
    "empty.mjs",
    "UWSGI_APP_NOT_FOUND",
    /has no export application, it has none;/,
  ],
  ["an inherited name is no export", "plain.cjs:toString", "UWSGI_APP_NOT_FOUND", /has no export toString/],
  ["the hint names a file with a colon whole", "my:app.mjs:nope", "UWSGI_APP_NOT_FOUND", /my:app\.mjs:NAME$/],
  [
    "an export that is text is no application",
    "app.mjs:text",
    "UWSGI_APP_CONTRACT",
    /export text of .* is string, a function, a class, a server or a framework's application is needed$/,
  ],
  ["an export that is null is no application", "app.mjs:nothing", "UWSGI_APP_CONTRACT", /is null/],
  ["a file that is missing", "nope.mjs", "UWSGI_APP_NOT_FOUND", /^no application "nope\.mjs": .* is not a file/],
  ["a folder", "folder", "UWSGI_APP_NOT_FOUND", /is not a file/],
  ["an empty export name", "app.mjs:", "UWSGI_APP_NOT_FOUND", /name it as path\[:export\]$/],
  ["an empty name", "", "UWSGI_APP_NOT_FOUND", /is not a file/],
  ["only an export", ":application", "UWSGI_APP_NOT_FOUND", /is not a file/],
] as const) {
  test(`an application cannot be loaded: ${about}`, async (t) => {
    using folder = folderOf({
      "app.mjs": ESM,
      "my:app.mjs": ESM,
      "empty.mjs": "",
      "plain.cjs": "module.exports = { a: 1 };",
      "folder/x": "",
    });
    await t.throwsAsync(loadApplication(name, folder.path), { code, message, name: "AppError" });
  });
}

for (const [about, content, message] of [
  ["a syntax error", "export const application = ;", /failed to load: /],
  ["an error that it throws", "throw new TypeError('at the top');", /failed to load: at the top$/],
  ["something else that it throws", "throw 'text';", /failed to load: text$/],
  ["an import that is missing", "import './nope.mjs';", /failed to load: .*nope\.mjs/],
] as const) {
  test(`a module fails to load by ${about}, which is the cause`, async (t) => {
    using folder = folderOf({ "app.mjs": content });
    const error = await t.throwsAsync(loadApplication("app.mjs", folder.path), {
      code: "UWSGI_APP_LOAD_FAILED",
      message,
    });
    t.not(error.cause, undefined);
  });
}

/** Loads in a process of its own: a loader that was registered stays for good. */
async function loadAlone(folder: string, name: string): Promise<string> {
  const program = `
    import { loadApplication } from ${JSON.stringify(join(projectRoot, "build/src/app/index.js"))};
    const { application } = await loadApplication(process.argv[1]).catch((error) => ({ application: () => error.code }));
    console.log(application());
  `;
  // Coverage of what tsx compiles in memory has no file that a report could be about.
  const env = { ...process.env, NODE_V8_COVERAGE: "" };
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program, name], { cwd: folder, env });
  return stdout.trim();
}

for (const [file, type] of [
  ["app.ts", "module"],
  ["app.ts", undefined],
  ["app.mts", undefined],
  ["app.cts", undefined],
] as const) {
  test(`TypeScript is loaded by tsx: ${file}${type === undefined ? "" : ` in a package of type ${type}`}`, async (t) => {
    const content =
      file === "app.cts"
        ? "enum Answer { Yes = 42 }\nexport = { application: (): number => Answer.Yes as number };"
        : 'import { answer } from "./answer.js";\nexport function application(): number { return answer as number; }';
    using folder = folderOf({
      [file]: content,
      "answer.ts": "enum Answer { Yes = 42 }\nexport const answer: Answer = Answer.Yes;",
    });
    if (type !== undefined) writeFileSync(folder.file("package.json"), JSON.stringify({ type }));
    t.is(await loadAlone(folder.path, file), "42");
  });
}

test("TypeScript that is broken is an application that fails to load", async (t) => {
  using folder = folderOf({ "app.ts": "export const application: = ;" });
  t.is(await loadAlone(folder.path, "app.ts"), "UWSGI_APP_LOAD_FAILED");
});

const HOOKS = ["start", "ready", "drain", "stop"] as const;
const FUNCTIONS = HOOKS.map((name) => `${name}() { return "${name}" + this.mark; }`).join(", ");

for (const [about, file, content] of [
  [
    "names of an ES module",
    "app.mjs",
    `export const application = () => {}, mark = 1;
     ${HOOKS.map((name) => `export function ${name}() { return "${name}" + this.mark; }`).join("\n")}`,
  ],
  ["an object that is the default export", "app.mjs", `export default { application() {}, mark: 1, ${FUNCTIONS} };`],
  [
    "an instance of a class, beside the application",
    "app.mjs",
    `export const application = () => {}; export default new (class { mark = 1; ${FUNCTIONS.replaceAll(", ", " ")} })();`,
  ],
  ["the object of a CommonJS module", "app.cjs", `module.exports = { application() {}, mark: 1, ${FUNCTIONS} };`],
  [
    "names of a CommonJS module that cannot be seen from outside",
    "app.cjs",
    `module.exports = (() => ({ application() {}, mark: 1, ${FUNCTIONS} }))();`,
  ],
] as const) {
  test(`hooks are found as ${about}, and called as its methods`, async (t) => {
    using folder = folderOf({ [file]: content });
    const { lifecycle } = await loadApplication(file, folder.path);
    const answers = HOOKS.map((name): unknown => lifecycle[name]?.([]));
    t.deepEqual(answers, ["start1", "ready1", "drain1", "stop1"]);
  });
}

test("a module without hooks has none", async (t) => {
  using folder = folderOf({ "app.mjs": ESM });
  t.deepEqual((await loadApplication("app.mjs", folder.path)).lifecycle, {});
});

test("an application that is called start is no hook", async (t) => {
  using folder = folderOf({ "app.mjs": "export function start() {}\nexport function stop() {}" });
  const { lifecycle } = await loadApplication("app.mjs:start", folder.path);
  t.deepEqual(Object.keys(lifecycle), ["stop"]);
});

test("methods of an application that is the default export are its own, not hooks", async (t) => {
  using folder = folderOf({ "app.cjs": "module.exports = Object.assign(() => {}, { ready() {} });" });
  t.deepEqual((await loadApplication("app.cjs:default", folder.path)).lifecycle, {});
});

for (const [about, content] of [
  ["a flag", "export const application = () => {}; export let ready = false;"],
  ["null", "export const application = () => {}; export const ready = null;"],
  ["text in a default export", "export default { application() {}, ready: 'yes' };"],
] as const) {
  test(`an export with the name of a hook that is ${about} is a clear error`, async (t) => {
    using folder = folderOf({ "app.mjs": content });
    await t.throwsAsync(loadApplication("app.mjs", folder.path), {
      code: "UWSGI_APP_CONTRACT",
      message: /export ready of .*app\.mjs is (boolean|null|string): a hook of that name .* a function is needed/,
    });
  });
}
