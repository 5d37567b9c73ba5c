/** The scripts of `uisge completion`, in the shells that they are for. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { controlPath, makeRuntimeFolder, runtimeFolder } from "../../src/manager/control/runtime-folder.ts";
import { controlled } from "../helpers/fake-manager.ts";
import { needs } from "../helpers/needs.ts";
import { onTerminal, type Step } from "../helpers/on-terminal.ts";
import { projectRoot } from "../helpers/project.ts";
import { runProgram, runUisge } from "../helpers/run-program.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/** A folder with files to be completed; `uisge` is found there by its name. */
function place(t: ExecutionContext): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  const cwd = folderOf(t);
  const program = join(cwd, "bin", "uisge");
  mkdirSync(join(cwd, "bin"));
  mkdirSync(join(cwd, "some-folder"));
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(projectRoot, "dist/cli/main.js")}" "$@"\n`);
  chmodSync(program, 0o755);
  for (const file of ["packet.bin", "two words.bin"]) writeFileSync(join(cwd, file), "");
  return { cwd, env: { PATH: `${join(cwd, "bin")}:${process.env["PATH"]}`, HOME: cwd, PS1: "start> " } };
}

/** Types each line and a tab; how the line is behind it. */
async function typed(
  t: ExecutionContext,
  shell: readonly string[],
  setUp: string,
  lines: readonly string[],
): Promise<string[]> {
  const keys = lines.map((line) => `${line}\t\u0007\u0015`);
  const steps: Step[] = [
    ["[$#%>] ", `${setUp}; PS1="re""ady> "\n`],
    ["ready> ", keys[0] ?? ""],
    ...keys.slice(1).map((next): Step => ["<uisge[^>]*>", next]),
    ["<uisge[^>]*>", "\u0015exit\n"],
  ];
  const { screen } = await onTerminal(shell, steps, place(t));
  const found = [...screen.matchAll(/<(uisge[^>]*)>/g)].map(([, line]) => line ?? "");
  t.is(found.length, lines.length, screen);
  return found;
}

/** Shows the line as it is, at Ctrl-G. */
const BASH = `source <(uisge completion bash); bind -x '"\\C-g": printf "<%s>" "$READLINE_LINE"'`;
const ZSH = `autoload -Uz compinit; compinit -u -D; source <(uisge completion zsh); show() { print -rn -- "<$BUFFER>" }; zle -N show; bindkey "^G" show`;

const INTERACTIVE_BASH = ["bash", "--norc", "--noprofile", "-i"];

needs("bash", "python3")("bash completes commands, options, values, files and folders", async (t) => {
  const lines = await typed(t, INTERACTIVE_BASH, BASH, [
    "uisge pin",
    "uisge decode --direction=req",
    "uisge decode two",
    "uisge doctor --prefix some",
    "uisge record --to 127.0.0.1:3031 --ou",
  ]);
  t.deepEqual(lines, [
    "uisge ping ",
    "uisge decode --direction=request ",
    "uisge decode two\\ words.bin ",
    "uisge doctor --prefix some-folder/",
    "uisge record --to 127.0.0.1:3031 --out ",
  ]);
});

const BASH_COMPLETION = "/usr/share/bash-completion/bash_completion";

const withBashCompletion = existsSync(BASH_COMPLETION) ? needs("bash", "python3") : needs("bash-completion");

withBashCompletion("bash completes beside bash-completion", async (t) => {
  const lines = ["uisge decode --direction=req", "uisge record --to 127.0.0.1:3031 --ou"];
  t.deepEqual(await typed(t, INTERACTIVE_BASH, `source ${BASH_COMPLETION}; ${BASH}`, lines), [
    "uisge decode --direction=request ",
    "uisge record --to 127.0.0.1:3031 --out ",
  ]);
});

needs("zsh", "python3")("zsh completes commands, options, values, files and folders", async (t) => {
  const lines = ["uisge pin", "uisge decode --direction=req", "uisge decode two", "uisge doctor --prefix some"];
  const found = await typed(t, ["zsh", "-f", "-i"], ZSH, lines);
  t.deepEqual(
    found.map((line) => line.trimEnd()),
    [
      "uisge ping",
      "uisge decode --direction=request",
      "uisge decode two\\ words.bin",
      "uisge doctor --prefix some-folder/",
    ],
  );
});

needs("fish")("fish completes commands, options, values, files and folders, with a few words", async (t) => {
  const lines = ["uisge pin", "uisge decode --direction=req", "uisge decode --raw pack", "uisge doctor --prefix some"];
  const asked = lines.map((line) => `complete -C "${line}"; echo .`).join("; ");
  const { stdout, stderr } = await runProgram(
    "fish",
    ["--no-config", "-c", `source (uisge completion fish | psub); ${asked}`],
    place(t),
  );
  t.is(stderr, "");
  t.deepEqual(
    stdout
      .toString()
      .split("\n.\n")
      .slice(0, -1)
      .map((line) => line.split("\t")),
    [["ping", "ask a server whether it is alive"], ["--direction=request"], ["packet.bin"], ["some-folder/"]],
  );
});

test("the words are answered with candidates, and with what the shell is to look up", async (t) => {
  const { code, stdout, stderr } = await runUisge(["__complete", "help", "exi"]);
  t.is(code, 0);
  t.is(stderr, "");
  t.is(stdout.toString(), "exit-codes\tmore about it\n:none\n");
});

test("names of managers that run are completed", async (t) => {
  makeRuntimeFolder(runtimeFolder());
  const name = `completed-${process.pid}`;
  await controlled(t, { path: controlPath(runtimeFolder(), name, process.pid) });
  const { stdout } = await runUisge(["__complete", "status", "completed-"]);
  t.is(stdout.toString(), `${name}\tpid ${process.pid}\n:none\n`);
});
