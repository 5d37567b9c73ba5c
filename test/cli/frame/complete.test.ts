import test from "ava";
import { complete, fitting } from "../../../src/cli/frame/complete.ts";
import type { CommandDefinition } from "../../../src/cli/frame/definition.ts";

const definition: CommandDefinition = {
  name: "try",
  summary: "",
  synopsis: [""],
  positionals: [
    { name: "NAME", summary: "", completes: "instance" },
    { name: "SHELL", summary: "", choices: ["bash", "zsh"] },
  ],
  options: [
    { name: "out", short: "o", value: "FILE", completes: "file", summary: "where it goes" },
    { name: "kind", value: "KIND", choices: ["a", "b"], summary: "" },
    { name: "only", value: "TEXT", repeats: true, summary: "" },
    { name: "quiet", short: "q", summary: "", group: "talk" },
    { name: "old", summary: "", isHidden: true },
  ],
  examples: [],
  passesArguments: true,
  run: () => 0,
};

/** What is offered at the end of a line. */
function offered(...words: string[]) {
  const { candidates, names } = complete(definition, words);
  return names ?? fitting(candidates, words.at(-1) ?? "").map(({ value }) => value);
}

for (const [rule, words, expected] of [
  ["positionals are completed by their place", [""], "instance"],
  ["behind the first comes the second", ["shop", ""], ["bash", "zsh"]],
  ["an option between them is none of them", ["-q", "shop", "--out", "x", "z"], ["zsh"]],
  ["nothing stands behind the last", ["shop", "bash", ""], []],
  ["options are told, but hidden ones", ["--"], ["--out", "--kind", "--only", "--quiet", "--help"]],
  ["what is there already is told no more, unless it repeats", ["-o", "x", "--only", "y", "--o"], ["--only"]],
  ["a value stands behind its option", ["--kind", ""], ["a", "b"]],
  ["or in one word with it", ["--kind=b"], ["--kind=b"]],
  ["paths are left to the shell", ["-o", ""], "file"],
  ["in one word, too", ["--out=x"], "file"],
  ["what cannot be known is not guessed", ["--only", ""], []],
  ["groups stand behind --help", ["--help", ""], ["talk"]],
  ["behind -- all belongs to another program", ["shop", "--", "--o"], "file"],
  ["an option that there is not is passed over", ["--none", ""], "instance"],
] as const) {
  test(`${rule}: ${words.join(" ")}`, (t) => {
    t.deepEqual(offered(...words), expected as string[] | "file" | "instance");
  });
}
