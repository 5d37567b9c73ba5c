/** `wsgi.errors`: a text stream that ends up in the server's error log. */
import type { AppRequest } from "../../handler/index.ts";

export class WsgiErrors {
  private readonly request: Pick<AppRequest, "log">;
  private line = "";

  constructor(request: Pick<AppRequest, "log">) {
    this.request = request;
  }

  /** Adds text; whole lines go to the log, the rest waits for its line feed or for `flush`. */
  write(text: string): void {
    const lines = `${this.line}${text}`.split("\n");
    this.line = lines.pop() ?? "";
    for (const line of lines) this.request.log(line);
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  /** Sends what waits, if anything does. */
  flush(): void {
    if (this.line === "") return;
    this.request.log(this.line);
    this.line = "";
  }
}
