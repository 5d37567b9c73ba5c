import test from "ava";
import { settle } from "../../../src/config/index.ts";
import { givensOfFile, type Imported, type ImportWishes } from "../../../src/config/import/imported.ts";
import { importUnit } from "../../../src/config/import/unit.ts";
import { fixtureNames, fixtureText } from "./fixture-files.ts";

function importDocument(document: unknown, wishes: ImportWishes = {}): Imported {
  return importUnit(document, { ...wishes, origin: { kind: "file", file: "config.json" } });
}

function importFixture(name: string, wishes: ImportWishes = {}): Imported {
  return importDocument(JSON.parse(fixtureText("unit", name)) as unknown, wishes);
}

/** Of one application of type external. */
function importApp(application: Readonly<Record<string, unknown>>): Imported {
  return importDocument({ applications: { app: { type: "external", executable: "app.js", ...application } } });
}

/** Paths of everything that is said, down to what is no object. */
function paths(value: unknown, path = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, one]) => paths(one, path === "" ? key : `${path} ${key}`));
}

for (const name of fixtureNames("unit")) {
  test(`${name}: everything that is said is in the report, and what comes of it can be meant`, (t) => {
    const { files, report } = importFixture(name);
    const told = report.map(({ option }) => option.replace(/["[\].]+/g, " ").trim());
    const { status: _, ...document } = JSON.parse(fixtureText("unit", name)) as Record<string, unknown>;
    for (const path of paths(document)) {
      // A row tells of what stands below it, too.
      const plain = path.replace(/^config /, "").replaceAll(".", " ");
      t.true(
        told.some((option) => plain.startsWith(option)),
        plain,
      );
    }
    t.true(files.length > 0);
    for (const file of files) {
      t.deepEqual(settle([givensOfFile(file, { kind: "default" })], "serve", (key) => key).problems, [], file.name);
    }
  });
}

test("an application of Node's is an instance, others are named", (t) => {
  const { files, report } = importFixture("config.json", { socket: "/run/%n.sock" });
  t.deepEqual(files, [
    {
      name: "shop",
      options: {
        application: "server.mjs",
        args: ["--verbose"],
        chdir: "/srv/shop",
        socket: ["/run/shop.sock"],
        http: [":8080"],
        "max-body-bytes": 8_388_608,
        harakiri: 30,
        "body-timeout": 60,
        master: true,
        processes: 8,
        cheaper: 2,
        "max-requests": 10_000,
        name: "shop",
        uid: "shop",
        gid: "shop",
        "node-option": ["--max-old-space-size=256"],
        env: { NODE_ENV: "production", TOKEN: "secret" },
        logto: "/var/log/shop.err",
      },
    },
    {
      name: "admin",
      options: {
        application: "admin.js",
        chdir: "/srv/admin",
        socket: ["/run/admin.sock"],
        "max-body-bytes": 8_388_608,
        "body-timeout": 60,
        master: true,
        processes: 2,
        name: "admin",
      },
    },
  ]);
  t.notRegex(JSON.stringify(report), /"secret"/);
  t.regex(report.find(({ option }) => option === "applications.legacy")?.text ?? "", /of type php/);
});

test("the document of / has the configuration inside", (t) => {
  const { files, report } = importFixture("root.json");
  t.like(files[0]?.options, { application: "app.js", "access-logto": "/var/log/unit.log", cheaper: 1 });
  t.is(report.find(({ option }) => option === "certificates")?.value, "bundle");
});

for (const [command, ours] of [
  [["app.js"], { application: "app.js" }],
  [["/usr/bin/node", "app.js", "-v"], { application: "app.js", args: ["-v"] }],
  [["node", "--require=unit-http/loader", "app.cjs"], { application: "app.cjs" }],
  [["/usr/bin/env", "node", "-r", "./trace.js", "app.ts"], { application: "app.ts", import: ["./trace.js"] }],
] as const) {
  test(`${command.join(" ")} is ${JSON.stringify(ours)}`, (t) => {
    const [executable, ...list] = command;
    t.like(importApp({ executable, arguments: list }).files[0]?.options, ours);
  });
}

for (const application of [
  { type: "external", executable: "server" },
  { type: "external", executable: "node" },
  { type: "external" },
  { type: "wasm", component: "a.wasm" },
  1,
]) {
  test(`${JSON.stringify(application)} cannot be served`, (t) => {
    const { files, report } = importDocument({ applications: { app: application } });
    t.deepEqual(files, []);
    t.true(report.some(({ option, verdict }) => option === "applications.app" && verdict === "attention"));
  });
}

test("values that cannot be meant need attention", (t) => {
  const { report } = importApp({ processes: "many", limits: { timeout: "x", odd: 1 }, odd: 1 });
  const attention = new Set(report.filter(({ verdict }) => verdict === "attention").map(({ option }) => option));
  for (const path of ["processes", "limits.timeout", "limits.odd", "odd"]) {
    t.true(attention.has(`applications.app.${path}`), path);
  }
});

for (const document of [undefined, null, 1, [], {}, { applications: 1, listeners: [], settings: 2, routes: 3 }]) {
  test(`${JSON.stringify(document) ?? "nothing"} has no applications`, (t) => {
    const { files, report } = importDocument(document);
    t.deepEqual(files, []);
    t.true(report.some(({ option }) => option === "applications"));
  });
}
