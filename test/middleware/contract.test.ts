/** All five together leave as it is what each of them does. */
import { auth } from "../../src/middleware/auth/index.ts";
import { compress } from "../../src/middleware/compress/index.ts";
import { errors } from "../../src/middleware/errors/index.ts";
import { inspect } from "../../src/middleware/inspect/index.ts";
import { session } from "../../src/middleware/session/index.ts";
import { middlewareContract } from "../helpers/middleware-contract.ts";
import { OTHER } from "./auth/whoami.ts";

const keys = ["a key of at least thirty-two characters"];

for (const development of [false, true]) {
  middlewareContract(
    development ? "all five, with what develops," : "all five",
    () => [
      inspect({ development, bodyBytes: development ? 1_000 : 0 }),
      errors(),
      compress({ secrets: "compress" }),
      session({ keys, load: "eager" }),
      auth({ basic: { users: { alice: OTHER } } }),
    ],
    {
      headers: [
        ["Accept-Encoding", "gzip"],
        ["Authorization", `Basic ${Buffer.from("alice:other").toString("base64")}`],
        ["Cookie", "session=nonsense"],
      ],
    },
  );
}
