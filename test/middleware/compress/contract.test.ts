import { compress } from "../../../src/middleware/compress/index.ts";
import { codings } from "../../helpers/codings.ts";
import { middlewareContract } from "../../helpers/middleware-contract.ts";

for (const coding of codings) {
  middlewareContract(`compress by ${coding}`, () => [compress()], { headers: [["Accept-Encoding", coding]] });
}

middlewareContract("compress for a client that takes nothing", () => [compress()]);
