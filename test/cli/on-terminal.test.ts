/** What is seen of commands on a real terminal, and not in a pipe. */
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { controlled } from "../helpers/fake-manager.ts";
import { needs } from "../helpers/needs.ts";
import { onTerminal } from "../helpers/on-terminal.ts";
import { projectRoot } from "../helpers/project.ts";
import { runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const uisge = [process.execPath, join(projectRoot, "dist/cli/main.js")];
const terminalTest = needs("python3");

terminalTest("help and errors are coloured on a terminal, unless NO_COLOR says no", async (t) => {
  const [help, wrong, none] = await Promise.all([
    onTerminal([...uisge, "ping", "--help"]),
    onTerminal([...uisge, "pnig"]),
    onTerminal([...uisge, "ping", "--help"], [], { env: { NO_COLOR: "1" } }),
  ]);
  t.true(help.screen.startsWith("\u001b[1muisge ping\u001b[22m: "));
  t.true(wrong.screen.startsWith("\u001b[31muisge:\u001b[39m unknown command"));
  t.is(wrong.code, 64);
  t.false(none.screen.includes("\u001b"));
});

terminalTest("a pipe gets the same words without colours, unless FORCE_COLOR says so", async (t) => {
  const [plain, forced] = await Promise.all([
    runUisge(["ping", "--help"]),
    runUisge(["ping", "--help"], { env: { FORCE_COLOR: "1" } }),
  ]);
  t.false(plain.stdout.includes("\u001b"));
  // oxlint-disable-next-line no-control-regex
  t.is(forced.stdout.toString().replace(/\u001b\[\d+m/g, ""), plain.stdout.toString());
  t.true(forced.stdout.includes("\u001b[1m"));
});

/** `uisge reload` of a fake manager, on a terminal; it ends when its progress was asked for. */
async function reload(t: ExecutionContext, ...options: string[]): Promise<string> {
  const { manager, path } = await controlled(t, { limits: { progressMs: 5 } });
  const { status } = manager;
  manager.status = () => {
    manager.work.resolve();
    return status.call(manager);
  };
  return (await onTerminal([...uisge, "reload", path, ...options])).screen;
}

terminalTest("on a terminal the progress of a reload is one line, gone at the end", async (t) => {
  t.is(await reload(t), "\rversion 1: 2 of 2 workers ready\u001b[K\r\u001b[Kreloaded\r\n");
});

terminalTest("there is no progress with -q or --json", async (t) => {
  t.is(await reload(t, "-q"), "");
  t.regex(await reload(t, "--json"), /^\{"done":"reload",.*"generation":1\}\r\n$/);
});

terminalTest("lines of the log take the place of the progress of a recording", async (t) => {
  const cwd = folderOf(t);
  const args = ["record", "-s", join(cwd, "front"), "--to", join(cwd, "none"), "-o", "app.rec"];
  const { code, screen } = await onTerminal([...uisge, ...args], [["0 recorded, 0 s", "\u0003"]], { cwd });
  t.is(code, 0);
  // oxlint-disable-next-line no-control-regex
  t.regex(screen, /\r\n\r0 recorded, 0 s\u001b\[K[^\n]*\r\u001b\[K\S+ info SIGINT: [^\n]*\n\S+ info stopped: /);
});

terminalTest("on a terminal the states of workers are coloured", async (t) => {
  const { path } = await controlled(t);
  const { screen } = await onTerminal([...uisge, "status", path]);
  t.true(screen.includes("\u001b[1mshop\u001b[22m (1000) \u001b[32mrunning\u001b[39m, "));
});
