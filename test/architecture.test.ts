import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import test from "ava";
import { findFaults, findImports, type Rules, type Source } from "./helpers/imports.ts";
import { projectRoot } from "./helpers/project.ts";

const LOW = ["errors", "diagnostics", "codec", "environ", "handler", "connection"] as const;

/** Area -> areas it may import, `type:` those it may import types from. Lower floors first; what is not listed does not exist. */
const floors: Rules["floors"] = {
  errors: [],
  diagnostics: ["type:errors"],
  codec: ["errors"],
  environ: ["errors", "codec"],
  handler: ["errors", "codec", "environ"],
  connection: ["errors", "diagnostics", "codec"],
  app: ["errors", "codec", "environ", "handler"],
  "nearest-name": [],
  middleware: ["errors", "diagnostics", "codec", "environ", "handler", "app", "nearest-name"],
  plugins: LOW,
  server: LOW,
  client: ["errors", "diagnostics", "codec", "environ", "connection"],
  log: ["errors", "diagnostics", "environ", "nearest-name"],
  upstream: ["errors", "diagnostics", "codec", "environ", "connection", "client"],
  router: ["errors", "codec", "environ"],
  gateway: [...LOW, "client", "upstream", "router"],
  capture: [...LOW, "client"],
  doctor: ["errors", "codec", "environ", "connection", "client"],
  serve: [...LOW, "app", "plugins", "server", "client", "log", "upstream"],
  index: [...LOW, "app", "plugins", "server", "client", "log", "upstream", "serve"],
  process: ["errors"],
  throttle: [],
  manager: [
    ...LOW,
    "app",
    "middleware",
    "nearest-name",
    "plugins",
    "server",
    "client",
    "log",
    "upstream",
    "serve",
    "process",
    "throttle",
  ],
  config: ["errors", "nearest-name", "app", "process"],
  cgi: [...LOW, "app", "server", "log"],
  testing: [...LOW, "app", "server"],
  cli: [
    ...LOW,
    "app",
    "middleware",
    "plugins",
    "server",
    "client",
    "log",
    "upstream",
    "router",
    "gateway",
    "capture",
    "doctor",
    "serve",
    "index",
    "process",
    "throttle",
    "nearest-name",
    "manager",
    "config",
  ],
};

const rules: Rules = {
  floors,
  nodeModules: {
    errors: [],
    codec: [],
    environ: [],
    handler: [],
    router: [],
    throttle: [],
    "nearest-name": [],
    diagnostics: ["node:diagnostics_channel"],
  },
  // What decides in an area that acts, and what such files take from areas that are pure.
  pureFiles: [
    "throttle.ts",
    "nearest-name.ts",
    "config/import/guess-kind.ts",
    "config/import/gunicorn-settings.ts",
    "config/import/gunicorn.ts",
    "config/import/imported.ts",
    "config/import/instances.ts",
    "config/import/json-comments.ts",
    "config/import/pm2-attributes.ts",
    "config/import/pm2-context.ts",
    "config/import/pm2-environment.ts",
    "config/import/pm2-script.ts",
    "config/import/pm2-units.ts",
    "config/import/pm2.ts",
    "config/import/python-literal.ts",
    "config/import/python-tokens.ts",
    "config/import/report-text.ts",
    "config/import/sheet.ts",
    "config/import/unit-application.ts",
    "config/import/unit-listeners.ts",
    "config/import/unit-settings.ts",
    "config/import/unit.ts",
    "config/import/uwsgi-values.ts",
    "config/import/uwsgi.ts",
    "config/import/value-text.ts",
    "config/import/write-ini.ts",
    "config/ini/arithmetic.ts",
    "config/ini/expand.ts",
    "config/ini/files.ts",
    "config/ini/include.ts",
    "config/ini/limits.ts",
    "config/ini/lines.ts",
    "config/ini/logic.ts",
    "config/ini/magic.ts",
    "config/ini/read-ini.ts",
    "config/ini/reader.ts",
    "config/ini/references.ts",
    "config/ini/said.ts",
    "config/ini/schemes.ts",
    "config/ini/shown.ts",
    "config/read/givens-of.ts",
    "config/read/json-tree.ts",
    "config/read/module-lines.ts",
    "config/read/one-line.ts",
    "config/read/places.ts",
    "config/read/read-environment.ts",
    "config/read/section.ts",
    "config/read/tree.ts",
    "manager/plan/board.ts",
    "manager/plan/cheaper.ts",
    "manager/plan/judge.ts",
    "manager/plan/plan.ts",
    "manager/plan/recycle.ts",
    "manager/plan/reload.ts",
    "manager/emperor/plan.ts",
    "manager/outside/cpu-quota.ts",
    "manager/output/flood-gate.ts",
    "manager/output/output-lines.ts",
    "cli/frame/complete.ts",
    "cli/frame/definition.ts",
    "cli/frame/page.ts",
    "cli/frame/style.ts",
    "cli/frame/visible.ts",
    "config/given.ts",
    "config/option.ts",
    "config/option-table.ts",
    "config/read-value.ts",
    "config/settle.ts",
    "config/uwsgi/about.ts",
    "config/uwsgi/always.ts",
    "config/uwsgi/elsewhere.ts",
    "config/uwsgi/group.ts",
    "config/uwsgi/language.ts",
    "config/uwsgi/none.ts",
    "config/uwsgi/page.ts",
    "config/uwsgi/renamed.ts",
  ],
  // Whoever embeds this package pays for nothing else: optional peers are loaded when they are needed, and the packages
  // that are installed with this one by the middleware that needs them (decision 0022).
  packages: {
    "@keyv/redis": ["middleware/session/keyv.ts"],
    commander: ["cli/frame/to-commander.ts"],
    // Whoever makes the table of options, and whoever imports the schema itself.
    "@sinclair/typebox": [
      "config/schema/gateways.ts",
      "config/schema/kinds.ts",
      "config/schema/master.ts",
      "config/schema/schema.ts",
      "config/schema/service.ts",
    ],
    bcrypt: ["middleware/auth/bcrypt.ts"],
    croner: ["manager/attached/crontab.ts"],
    compressible: ["middleware/compress/types.ts"],
    cookie: ["middleware/session/cookie.ts"],
    jose: ["middleware/auth/jose.ts", "middleware/session/seal.ts"],
    keyv: ["middleware/session/keyv.ts"],
    negotiator: ["middleware/negotiate.ts"],
    pino: ["log/pino-lines.ts"],
    "toml-eslint-parser": ["config/read/toml-tree.ts"],
    tsx: ["app/load/import-module.ts"],
    undici: ["client/dispatcher/undici-methods.ts"],
    yaml: ["config/import/parse-document.ts", "config/import/write-yaml.ts", "config/read/yaml-tree.ts"],
  },
  // The command is run, never imported.
  entries: { cli: "main.ts" },
  mostLines: 350,
};

const src = join(projectRoot, "src");
const sources: Source[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .sort()
  .map((path) => ({ path: path.split(sep).join("/"), text: readFileSync(join(src, path), "utf8") }));

test("the sources keep to the table of floors", (t) => {
  t.deepEqual(findFaults(sources, rules), []);
});

test("the table of floors has no circle: each area imports only areas above it in the table", (t) => {
  const order = Object.keys(floors);
  const upward = order.flatMap((area, floor) =>
    (floors[area] ?? [])
      .map((other) => other.replace("type:", ""))
      .filter((other) => order.indexOf(other) >= floor || !order.includes(other))
      .map((other) => `${area} -> ${other}`),
  );
  t.deepEqual(upward, []);
});

test("the sources are found and read", (t) => {
  t.true(sources.some(({ path, text }) => path === "codec/packet.ts" && findImports(text).length > 2));
});

test("the files that are pure exist, and know no clock", (t) => {
  for (const path of rules.pureFiles) {
    const text = sources.find((source) => source.path === path)?.text;
    t.truthy(text, path);
    t.notRegex(text ?? "", /\b(?:Date|performance|setTimeout|setInterval|setImmediate|Math\.random)\b/, path);
  }
});

// The checker itself, with sources made up for it

/** Faults of one file, in a tree that is sound but for it. */
function faultsOf(path: string, text: string): string[] {
  const area = path.includes("/") ? path.split("/")[0] : undefined;
  const index: Source[] = area === undefined ? [] : [{ path: `${area}/index.ts`, text: "/** Map. */\n" }];
  return findFaults([...index.filter((source) => source.path !== path), { path, text }], rules);
}

for (const [rule, path, text, fault] of [
  [
    "an import of a floor above",
    "codec/vars.ts",
    'import { serve } from "../server/index.ts";',
    'src/codec/vars.ts:1 imports "../server/index.ts": codec may import errors, not server',
  ],
  [
    "an import between siblings",
    "server/server.ts",
    '\nimport type { Client } from "../client/index.ts";',
    'src/server/server.ts:2 imports "../client/index.ts": server may import errors, diagnostics, codec, environ, handler, connection, not client',
  ],
  [
    "a re-export of a floor above",
    "environ/index.ts",
    '/** Map. */\nexport { serve } from "../handler/index.ts";',
    'src/environ/index.ts:2 imports "../handler/index.ts": environ may import errors, codec, not handler',
  ],
  [
    "an import from the lowest floor",
    "errors.ts",
    'import { decodeVars } from "./codec/index.ts";',
    'src/errors.ts:1 imports "./codec/index.ts": errors may import no other area, not codec',
  ],
  [
    "an import past an index.ts",
    "environ/from-vars.ts",
    'import { Vars } from "../codec/vars.ts";',
    'src/environ/from-vars.ts:1 imports "../codec/vars.ts": another area is imported through its index.ts: codec/index.ts',
  ],
  [
    "an import of the own index.ts",
    "codec/vars.ts",
    'import { decodeVars } from "./index.ts";',
    'src/codec/vars.ts:1 imports "./index.ts": inside an area, files are imported directly, never the own index.ts',
  ],
  [
    "an import of the own index.ts by way of the parent",
    "codec/vars.ts",
    'import { decodeVars } from "../codec/index.ts";',
    'src/codec/vars.ts:1 imports "../codec/index.ts": inside an area, files are imported directly, never the own index.ts',
  ],
  [
    "a module of Node's in a pure area",
    "codec/latin1.ts",
    'import { Buffer } from "node:buffer";',
    'src/codec/latin1.ts:1 imports "node:buffer": codec is pure, it may import nothing of Node\'s',
  ],
  [
    "a module of Node's, types only, in a pure area",
    "handler/handler.ts",
    'import type { Readable } from "node:stream";',
    'src/handler/handler.ts:1 imports "node:stream": handler is pure, it may import nothing of Node\'s',
  ],
  [
    "another module of Node's than diagnostics_channel in diagnostics",
    "diagnostics.ts",
    'import { channel } from "node:diagnostics_channel";\nimport { hostname } from "node:os";',
    'src/diagnostics.ts:2 imports "node:os": diagnostics is pure, it may import only node:diagnostics_channel of Node\'s',
  ],
  [
    "a module of Node's in a pure file",
    "manager/plan/plan.ts",
    'import { performance } from "node:perf_hooks";',
    'src/manager/plan/plan.ts:1 imports "node:perf_hooks": the file is pure, it may import nothing of Node\'s',
  ],
  [
    "values of a file that acts in a pure file",
    "manager/plan/plan.ts",
    'import { judge } from "./judge.ts";\nimport { Master } from "./master.ts";',
    'src/manager/plan/plan.ts:2 imports "./master.ts": the file is pure, it may import types only from manager/plan/master.ts',
  ],
  [
    "a package",
    "server/server.ts",
    'import { Type } from "@sinclair/typebox/value";',
    'src/server/server.ts:1 imports "@sinclair/typebox/value": the package @sinclair/typebox may not be imported here',
  ],
  [
    "a module of Node's without node:",
    "server/server.ts",
    'import net from "net";',
    'src/server/server.ts:1 imports "net": the package net may not be imported here',
  ],
  [
    "an import with its braces over several lines",
    "codec/vars.ts",
    'import {\n  serve,\n  type Server,\n} from "../server/index.ts";',
    'src/codec/vars.ts:4 imports "../server/index.ts": codec may import errors, not server',
  ],
  [
    "an import for its side effect",
    "codec/vars.ts",
    'import "node:fs";',
    'src/codec/vars.ts:1 imports "node:fs": codec is pure, it may import nothing of Node\'s',
  ],
  [
    "a dynamic import",
    "codec/vars.ts",
    'const fs = await import("node:fs");',
    'src/codec/vars.ts:1 imports "node:fs": codec is pure, it may import nothing of Node\'s',
  ],
  [
    "a dynamic import over several lines",
    "codec/vars.ts",
    'const fs = await import(\n  "node:fs"\n);',
    'src/codec/vars.ts:2 imports "node:fs": codec is pure, it may import nothing of Node\'s',
  ],
  [
    "the type of a dynamic import",
    "codec/vars.ts",
    'type Server = import("../server/index.ts").Server;',
    'src/codec/vars.ts:1 imports "../server/index.ts": codec may import errors, not server',
  ],
  [
    "an export of everything",
    "codec/vars.ts",
    'export * as server from "../server/index.ts";',
    'src/codec/vars.ts:1 imports "../server/index.ts": codec may import errors, not server',
  ],
  [
    "an import of what lies outside of src",
    "codec/vars.ts",
    'import json from "../../package.json";',
    'src/codec/vars.ts:1 imports "../../package.json": it leads out of src',
  ],
  [
    "the cli in the root",
    "index.ts",
    'import { main } from "./cli/index.ts";',
    `src/index.ts:1 imports "./cli/index.ts": index may import ${floors["index"]?.join(", ")}, not cli`,
  ],
  [
    "an import of values where only types are allowed",
    "diagnostics.ts",
    'import { UwsgiError } from "./errors.ts";',
    'src/diagnostics.ts:1 imports "./errors.ts": diagnostics may import types only from errors',
  ],
  [
    "an area that is not in the table",
    "utils/index.ts",
    "/** Map. */",
    "src/utils/index.ts: the area utils is not in the table of floors",
  ],
  [
    "a file of 351 lines",
    "codec/vars.ts",
    "//\n".repeat(351),
    "src/codec/vars.ts has 351 lines, at most 350 are allowed",
  ],
  ["an index.ts without a map", "codec/index.ts", "export {};", "src/codec/index.ts does not open with a map comment"],
] as const) {
  test(`the checker finds ${rule}`, (t) => {
    t.deepEqual(faultsOf(path, text), [fault]);
  });
}

test("the checker takes the map of the command from main.ts, behind its #! line", (t) => {
  const text = "#!/usr/bin/env node\n/** Map. */\n";
  t.deepEqual(findFaults([{ path: "cli/main.ts", text }], rules), []);
  t.deepEqual(findFaults([{ path: "cli/index.ts", text }], rules), ["src/cli has no main.ts"]);
});

test("the checker finds an area without index.ts", (t) => {
  t.deepEqual(findFaults([{ path: "codec/vars.ts", text: "" }], rules), ["src/codec has no index.ts"]);
});

for (const [rule, path, text] of [
  [
    "imports of lower floors through their index.ts",
    "server/server.ts",
    'import { a } from "../codec/index.ts";\nimport { b } from "../errors.ts";',
  ],
  ["types of an area whose types are allowed", "diagnostics.ts", 'import type { UwsgiError } from "./errors.ts";'],
  [
    "a package in the place that is listed for it",
    "app/load/import-module.ts",
    'const { register } = await import("tsx/esm/api");',
  ],
  ["imports inside an area", "codec/vars.ts", 'import { a } from "./names.ts";'],
  ["types of a file that acts in a pure file", "manager/plan/plan.ts", 'import type { Master } from "./master.ts";'],
  ["imports inside an area from a folder below", "plugins/spooler/spooler.ts", 'import { a } from "../ping.ts";'],
  ["modules of Node's where the area acts", "server/server.ts", 'import net from "node:net";'],
  ["diagnostics_channel in diagnostics", "diagnostics.ts", 'import { channel } from "node:diagnostics_channel";'],
  [
    "imports that only a comment speaks of",
    "codec/vars.ts",
    '/**\n * import { a } from "node:fs";\n */\n// import("node:fs")\n',
  ],
  [
    "words that only look like imports",
    "codec/vars.ts",
    'const important = "from";\nexport const exported = ["a"];\nexport function from(a = "x") {}\n',
  ],
  ["a file of 350 lines", "codec/vars.ts", "//\n".repeat(350)],
] as const) {
  test(`the checker allows ${rule}`, (t) => {
    t.deepEqual(faultsOf(path, text), []);
  });
}

test("imports are found in every form, with their lines", (t) => {
  const text = [
    'import a from "./a.ts";',
    'import type { B } from "./b.ts";',
    'import c, { d } from "./c.ts";',
    'import * as e from "./e.ts";',
    "import {",
    "  f, // a comment",
    "  type G,",
    '} from "./f.ts";',
    'import "./h.ts";',
    'export { i } from "./i.ts";',
    'export * from "./j.ts";',
    'export type { K } from "./k.ts";',
    'const l = () => import("./l.ts");',
    "import type from './m.ts';",
  ].join("\n");
  t.deepEqual(
    findImports(text).map(({ specifier, line, typeOnly }) => `${line} ${specifier}${typeOnly ? " type" : ""}`),
    [
      "1 ./a.ts",
      "2 ./b.ts type",
      "3 ./c.ts",
      "4 ./e.ts",
      "8 ./f.ts",
      "9 ./h.ts",
      "10 ./i.ts",
      "11 ./j.ts",
      "12 ./k.ts type",
      "13 ./l.ts",
      "14 ./m.ts",
    ],
  );
});
