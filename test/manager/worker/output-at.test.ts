import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { Writable } from "node:stream";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { outputAt } from "../../../src/manager/worker/output-at.ts";
import { projectRoot } from "../../helpers/project.ts";
import { folderOf, tempFolder } from "../../helpers/temp-folder.ts";

test("lines to a file are there at once, at its end", (t) => {
  using folder = tempFolder();
  const path = folder.file("log");
  const fd = openSync(path, "a");
  const output = outputAt(fd);
  t.false(output instanceof Writable);
  t.is((output as { readonly fd?: number }).fd, fd);
  output.write("one\n");
  output.write("é\n");
  t.is(readFileSync(path, "utf8"), "one\né\n");
  closeSync(fd);
});

test("what cannot be written is told to who writes", (t) => {
  using folder = tempFolder();
  writeFileSync(folder.file("log"), "");
  const fd = openSync(folder.file("log"), "r");
  t.throws(() => outputAt(fd).write("none\n"), { code: "EBADF" });
  closeSync(fd);
});

test("lines to a device are written, and not to be read anywhere", (t) => {
  const fd = openSync("/dev/null", "w");
  t.notThrows(() => outputAt(fd).write("one\n"));
  closeSync(fd);
});

/**
 * In a process of its own: a stream closes its descriptor itself, and a thread that has opened it closes the number once
 * more at its end, whosever it is by then.
 */
test("a pipe is a stream, so that its reader may be slow", (t) => {
  const folder = folderOf(t);
  const module = pathToFileURL(join(projectRoot, "build/src/manager/worker/output-at.js")).href;
  const program = `import { Writable } from "node:stream";
import { outputAt } from ${JSON.stringify(module)};
const output = outputAt(1);
output.write("x".repeat(1_023).concat("\\n").repeat(1_024));
const said = [output instanceof Writable, output.fd, output.writableLength > 0].join();
const timer = setInterval(() => {
  if (output.writableLength > 0) return;
  clearInterval(timer);
  process.stderr.write(said);
}, 10);
`;
  writeFileSync(join(folder, "program.mjs"), program);
  const command = `"$0" "$1" 2> said | cat > lines`;
  execFileSync("/bin/sh", ["-c", command, process.execPath, join(folder, "program.mjs")], { cwd: folder });
  t.is(readFileSync(join(folder, "said"), "utf8"), "true,1,true");
  t.is(readFileSync(join(folder, "lines"), "utf8"), "x".repeat(1_023).concat("\n").repeat(1_024));
});
