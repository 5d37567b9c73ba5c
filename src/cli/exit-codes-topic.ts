/** What `uisge help exit-codes` prints. */
import { exitCodes } from "../process/index.ts";

export const usage: string = `uisge exit codes, from BSD's sysexits.h where it has them

${exitCodes.map(({ exitCode, meaning }) => `  ${String(exitCode).padStart(2)}  ${meaning}\n`).join("")}
  What a signal has ended is 128 and its number to a shell: 130 by Ctrl-C.
  What serves ends by TERM and INT in good order, with 0.
  uisge curl has the exit codes of curl: see uisge curl --help.
`;
