/** `uisge completion`: scripts that make shells complete the command line of `uisge`. */
import type { CommandDefinition } from "./frame/definition.ts";
import { print } from "./standard-streams.ts";

export const definition: CommandDefinition = {
  name: "completion",
  summary: "make a shell complete all this",
  synopsis: ["bash|zsh|fish"],
  positionals: [
    { name: "SHELL", summary: "bash, zsh or fish: whose script is printed", choices: ["bash", "zsh", "fish"] },
  ],
  options: [],
  notes: [
    "The script asks the uisge that is in the PATH at each press of the key, so that it stays right when uisge is upgraded. Commands, options, their values, files and the names of running managers are completed.",
  ],
  examples: [
    "source <(uisge completion bash)    # in ~/.bashrc",
    "source <(uisge completion zsh)     # in ~/.zshrc, behind compinit",
    "uisge completion fish > ~/.config/fish/completions/uisge.fish",
    "uisge completion bash > /etc/bash_completion.d/uisge    # for all users",
  ],
  run: async ({ positionals: [shell = ""] }) => {
    const { scripts } = await import("./completion-scripts.ts");
    await print(scripts[shell as keyof typeof scripts]);
    return 0;
  },
};
