/**
 * `uisge __complete WORD...`: what the scripts of `uisge completion` ask at each press of the key. The words behind `uisge`
 * go in, the last of which is at the cursor; candidates come out, one a line with a tab and a few words about it, and last
 * `:file`, `:folder` or `:none` for what the shell itself is to look up. It never fails: a shell would show that amid a line.
 */
import { commands, topics } from "./commands.ts";
import { type Candidate, complete, type Completion, fitting, groupsOf } from "./frame/complete.ts";
import { visible } from "./frame/visible.ts";

/** Resolves with 0. */
export async function completeWords(words: readonly string[]): Promise<number> {
  let answer = ":none\n";
  try {
    const word = words.at(-1) ?? "";
    const { candidates, names, prefix } = await completionOf(words);
    const found = names === "instance" ? await instances(prefix) : candidates;
    const lines = fitting(found, word).map(({ value, summary }) => `${visible(value)}\t${visible(summary)}\n`);
    answer = `${lines.join("")}:${names === "file" || names === "folder" ? names : "none"}\n`;
  } catch {
    // A folder that cannot be read, for one: there is nothing to offer.
  }
  process.stdout.write(answer);
  return 0;
}

async function completionOf([name = "", ...more]: readonly string[]): Promise<Completion> {
  const help = { value: "help", summary: "tell of a command" };
  if (more.length === 0) return { candidates: [...commandNames(), help, ...own], prefix: "" };
  const isHelp = name === "help" || name === "--help" || name === "-h";
  if (isHelp && more.length === 1) return { candidates: [...commandNames(), ...topicNames()], prefix: "" };
  const loaded = await commands.get(isHelp ? (more[0] ?? "") : name)?.load();
  // What has no definition yet takes files more than anything else.
  if (loaded === undefined || !("definition" in loaded)) return { candidates: [], names: "file", prefix: "" };
  return isHelp ? groupsOf(loaded.definition) : complete(loaded.definition, more);
}

const own: readonly Candidate[] = [
  { value: "--help", summary: "say what there is" },
  { value: "--version", summary: "say which version this is" },
];

function commandNames(): Candidate[] {
  return [...commands].map(([value, { summary }]) => ({ value, summary }));
}

function topicNames(): Candidate[] {
  return [...topics.keys()].map((value) => ({ value, summary: "more about it" }));
}

/** By name where there is only one of that name, else by pid. */
async function instances(prefix: string): Promise<Candidate[]> {
  const { findInstances } = await import("../manager/index.ts");
  const all = await findInstances();
  return all.map(({ name, pid }) => {
    // Shells put it into the line as it is: nothing in it may mean something to them.
    const isPlain = /^[\w.,:@%+/][\w.,:@%+/-]*$/.test(name);
    const isOnly = isPlain && all.filter((other) => other.name === name).length === 1;
    return isOnly ? { value: `${prefix}${name}`, summary: `pid ${pid}` } : { value: `${prefix}${pid}`, summary: name };
  });
}
