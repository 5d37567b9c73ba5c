/**
 * How far something is, on a terminal: one line of standard error that is written anew, and gone at the end. Where standard
 * error is no terminal it writes nothing.
 */

/** What it needs of a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine {
  /** False where nothing is shown: then a command may say it in lines of its own. */
  readonly isShown: boolean;
  private readonly terminal: Terminal;
  private text = "";

  /** `isWanted`: false for `--json` and `--quiet`. */
  constructor(isWanted = true, terminal: Terminal = process.stderr, env: NodeJS.ProcessEnv = process.env) {
    this.terminal = terminal;
    // A dumb terminal cannot take a line back.
    this.isShown = isWanted && terminal.isTTY === true && env["TERM"] !== "dumb";
  }

  /** Shows that instead of what is there. What a terminal would obey is not in it; what is too long for one line is cut. */
  show(text: string): void {
    if (!this.isShown) return;
    // One whose width is not known says 0.
    const most = Math.max(10, (this.terminal.columns || 80) - 1);
    const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?").slice(0, most);
    if (line === this.text) return;
    this.terminal.write(`\r${line}\u001b[K`);
    this.text = line;
  }

  /** Takes the line away, so that something else can be written there. */
  clear(): void {
    if (this.text === "") return;
    this.terminal.write("\r\u001b[K");
    this.text = "";
  }

  /** Calls `text` at once and then each second for what to show; the answered function ends that, and takes the line away. */
  follow(text: (seconds: number) => string): () => void {
    if (!this.isShown) return () => {};
    const since = performance.now();
    const tick = (): void => this.show(text(Math.floor((performance.now() - since) / 1_000)));
    tick();
    const timer = setInterval(tick, 1_000).unref();
    return () => {
      clearInterval(timer);
      this.clear();
    };
  }
}
