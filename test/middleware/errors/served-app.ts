/** Served by tests as it is compiled: its page has to name this file. */
import { wrap } from "../../../src/app/index.ts";
import { errors } from "../../../src/middleware/errors/index.ts";

interface Tea {
  readonly celsius: number;
}

function brew({ celsius }: Tea): never {
  const markup = `<script>document.title = "planted has run"</script><img src=x onerror="document.title='planted has run'">`;
  throw new RangeError(`${celsius} degrees ${markup}`); // the line that fails <script>document.title = "run"</script>
}

export const application = wrap(() => brew({ celsius: 60 }), [errors({ development: true })]);
