/** `uisge scale`: more or fewer workers. */
import { ask, askExits, resultLine, resultOptions, which } from "./control/ask.ts";
import type { CommandDefinition } from "./frame/definition.ts";
import { badOption } from "./read-options.ts";
import { print } from "./standard-streams.ts";

export const definition: CommandDefinition = {
  name: "scale",
  summary: "set how many workers it has",
  synopsis: ["[NAME|PID|PATH] N|+N|-N [options]"],
  // Which of the two is the number is told by how it looks.
  positionals: [which, { name: "N|+N|-N", summary: "so many workers, or so many more or fewer", isOptional: true }],
  options: [...resultOptions],
  notes: ["There is always one worker. The signals TTIN and TTOU do the same as +1 and -1."],
  examples: ["uisge scale 4", "uisge scale shop +2"],
  exitCodes: askExits,
  run: async ({ values, positionals }) => {
    // Looked for from the end: a number in front may be a pid.
    const at = positionals.findLastIndex((argument) => /^[+-]?\d+$/.test(argument));
    const to = positionals[at] ?? "";
    if (!/^[+-]?[1-9]\d{0,3}$/.test(to)) {
      throw badOption("scale needs a number of workers from 1 to 9999 at its end, such as 4, or +1 or -1");
    }
    const wanted = positionals.find((_, index) => index !== at);
    const answer = await ask(wanted, { command: "scale", to });
    const { processes } = answer;
    const text = `${processes} ${processes === 1 ? "worker" : "workers"}\n`;
    if (values["quiet"] !== true)
      await print(values["json"] === true ? resultLine("scale", answer, { processes }) : text);
    return 0;
  },
};
