/** Loaded before a program (`--import`): at SIGPWR it collects its garbage, and says on standard error when it has. */
import { collectGarbage } from "../helpers/collect-garbage.ts";

process.on("SIGPWR", () => {
  void (async () => {
    for (let round = 0; round < 3; round++) await collectGarbage();
    process.stderr.write(`${process.pid} has settled\n`);
  })();
});
