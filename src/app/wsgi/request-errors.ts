/** `wsgi.errors`: a text stream that ends up in the server's error log. */
import type { AppRequest } from "../../handler/index.ts";
import type { WsgiErrors } from "./types.ts";

export class RequestErrors implements WsgiErrors {
  private readonly request: Pick<AppRequest, "log">;
  private line = "";

  constructor(request: Pick<AppRequest, "log">) {
    this.request = request;
  }

  write(text: string): void {
    const lines = `${this.line}${text}`.split("\n");
    this.line = lines.pop() ?? "";
    for (const line of lines) this.request.log(line);
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  flush(): void {
    if (this.line === "") return;
    this.request.log(this.line);
    this.line = "";
  }
}
