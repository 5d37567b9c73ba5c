/** Types: the dispatcher is one to every undici, and to `@types/node`, without a cast; and theirs fit ours. */
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { projectRoot } from "../../helpers/project.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

const run = promisify(execFile);

/** What the compiler has to say of a strict module without any DOM, and without skipping what libraries declare. */
async function compile(t: ExecutionContext, text: string): Promise<string> {
  const folder = folderOf(t);
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  symlinkSync(projectRoot, join(modules, "uisge"));
  for (const name of ["undici6", "undici7", "undici8", "@types"]) {
    symlinkSync(join(projectRoot, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "main.ts"), text);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    module: "nodenext",
    target: "es2022",
    lib: ["es2022"],
    exactOptionalPropertyTypes: true,
    types: ["node"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
  try {
    return (await run(process.execPath, [tsc, "-p", folder], { cwd: folder })).stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const head = `
import { type Interceptor, UwsgiDispatcher } from "uisge/client/dispatcher";
const own = new UwsgiDispatcher("/run/app.sock");
`;

test("fetch of @types/node takes it", async (t) => {
  const text = `${head}
await fetch("http://a/", { dispatcher: own, method: "POST", body: "x" });
await fetch("http://a/", { dispatcher: own.compose((dispatch) => (options, handler) => dispatch(options, handler)) });
const init: RequestInit = { dispatcher: own };
const adding: Interceptor = (dispatch) => (options, handler) => dispatch({ ...options, method: "GET" }, handler);
own.compose([adding, null]);
own.compose(adding, undefined);
void init;
`;
  t.is(await compile(t, text), "");
});

for (const major of [6, 7, 8]) {
  test(`undici ${major} takes it, and it takes what is undici ${major}'s`, async (t) => {
    const text = `${head}
import * as undici from "undici${major}";
const theirs: undici.Dispatcher = own;
await undici.fetch("http://a/", { dispatcher: own });
await undici.request("http://a/", { dispatcher: own });
await undici.stream("http://a/", { dispatcher: own, method: "GET" }, () => process.stdout);
undici.pipeline("http://a/", { dispatcher: own, method: "GET" }, ({ body }) => body);
undici.setGlobalDispatcher(own);
new undici.WebSocket("ws://a/", { dispatcher: own });
new undici.RetryAgent(own);
new undici.Agent({ factory: () => own });
new UwsgiDispatcher("/x", { otherwise: undici.getGlobalDispatcher() });
own.compose(undici.interceptors.retry(), undici.interceptors.redirect({ maxRedirections: 1 }));
own.compose([undici.interceptors.dump()]);
await undici.request("http://a/", { dispatcher: own.compose(undici.interceptors.retry()) });
await (await theirs.request({ origin: "http://a", path: "/", method: "GET" })).body.text();
own.on("drain", () => {}).listeners("drain");
`;
    t.is(await compile(t, text), "");
  });
}

test("the compiler sees what does not fit", async (t) => {
  t.regex(await compile(t, `${head}\nown.dispatch({ path: 1, method: "GET" }, {});\n`), /TS2322/);
});
