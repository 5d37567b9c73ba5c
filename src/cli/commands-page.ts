/** docs/commands.md, made from what the commands say of themselves. */
import { exitCodes } from "../process/index.ts";
import { commands } from "./commands.ts";
import { exitsOf } from "./frame/help-text.ts";
import { pageOf, plainPageOf, table } from "./frame/page.ts";

export async function commandsPage(): Promise<string> {
  const parts = await Promise.all(
    [...commands].map(async ([name, { summary, load }]) => {
      const loaded = await load();
      if (!("definition" in loaded)) return plainPageOf(name, summary, loaded.usage);
      return pageOf(loaded.definition, exitsOf(loaded.definition));
    }),
  );
  const exits = exitCodes.map(({ exitCode, meaning, errors }) => [
    String(exitCode),
    meaning,
    errors
      .filter((code) => code.startsWith("UWSGI_"))
      .map((code) => `\`${code}\``)
      .join(", "),
  ]);
  return `# Commands

What \`uisge COMMAND --help\` says, of all commands. This page is made from their definitions by \`node scripts/docs.js\`.

${table(
  ["command", ""],
  [...commands].map(([name, { summary }]) => [`[\`${name}\`](#uisge-${name})`, summary]),
)}

All of them have \`-h\` and \`--help\`, which may stand anywhere, with the name of a group of options behind it where there
are many. \`--json\` is for programs: objects on standard output, one a line or one alone; errors are words on standard error
with it, too, and the exit code says that there is one. Colours are for terminals: \`NO_COLOR\` takes them away,
\`FORCE_COLOR\` gives them to pipes. \`uisge completion bash|zsh|fish\` prints what makes a shell complete all this.

${parts.join("\n")}
## Exit codes

Of all commands but \`uisge curl\`, which has those of curl. The code of the error (see [errors.md](errors.md)) is that of the
same failure in a program.

${table(["exit code", "meaning", "errors"], exits)}
`;
}
