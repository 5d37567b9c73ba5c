/** `wsgi.errors` as `lint` gives it to an application: rule 25. */
import type { WsgiErrors } from "../wsgi/types.ts";
import { type Faults, show } from "./faults.ts";

export class LintedErrors implements WsgiErrors {
  private readonly errors: WsgiErrors;
  private readonly faults: Faults;

  constructor(errors: WsgiErrors, faults: Faults) {
    this.errors = errors;
    this.faults = faults;
  }

  write(...given: readonly unknown[]): void {
    if (given.length !== 1)
      this.faults.application(25, `wsgi.errors.write got ${given.length} arguments, it takes one`);
    this.errors.write(this.text(given[0]));
  }

  writelines(lines: Iterable<string>): void {
    if (
      typeof lines === "string" ||
      typeof (lines as Partial<Iterable<string>> | null)?.[Symbol.iterator] !== "function"
    ) {
      this.faults.application(25, `wsgi.errors.writelines got ${show(lines)}, it takes texts`);
    }
    this.errors.writelines(Array.from(lines, (line) => this.text(line)));
  }

  flush(): void {
    this.errors.flush();
  }

  /** The stream is the server's. */
  close(): void {
    this.faults.application(25, "wsgi.errors was closed, it is the server's");
  }

  private text(text: unknown): string {
    if (typeof text !== "string") this.faults.application(25, `wsgi.errors got ${show(text)}, it takes text`);
    return text as string;
  }
}
