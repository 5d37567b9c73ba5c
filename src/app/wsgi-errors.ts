/** `wsgi.errors`: a text stream that ends up in the server's error log. */
export class WsgiErrors {
  private readonly log: (text: string) => void;
  private line = "";

  constructor(log: (text: string) => void) {
    this.log = log;
  }

  /** Adds text; whole lines go to the log, the rest waits for its line feed or for `flush`. */
  write(text: string): void {
    const lines = `${this.line}${text}`.split("\n");
    this.line = lines.pop() ?? "";
    for (const line of lines) this.log(line);
  }

  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  /** Sends what waits, if anything does. */
  flush(): void {
    if (this.line === "") return;
    this.log(this.line);
    this.line = "";
  }
}
