/** The hooks of an application whose server does not know them. */
import type { Lifecycle } from "../../../handler/index.ts";

export class Life {
  private readonly lifecycle: Lifecycle;
  private starting: Promise<void> | undefined;
  private isStarted: boolean;

  constructor(lifecycle: Lifecycle) {
    this.lifecycle = lifecycle;
    this.isStarted = lifecycle.start === undefined;
  }

  /** Undefined once it has started. */
  start(): Promise<void> | undefined {
    return this.isStarted ? undefined : (this.starting ??= this.run());
  }

  async close(): Promise<void> {
    await this.lifecycle.drain?.();
    await this.lifecycle.stop?.();
  }

  private async run(): Promise<void> {
    await this.lifecycle.start?.();
    this.isStarted = true;
  }
}
