/** All that an operator has attached to a service, from its start to its end. */
import { UwsgiError } from "../../errors.ts";
import type { Level, ManagerLog } from "../manager-log.ts";
import type { ManagerOptions } from "../options.ts";
import type { Privileges } from "../worker-setup.ts";
import { AttachedProgram } from "./attached-program.ts";
import { launchCommand } from "./launch-command.ts";
import { RunningCommand } from "./running-command.ts";
import { Warden } from "./warden.ts";

export interface AttachedOptions extends Pick<ManagerOptions, "attachDaemons" | "allowRoot"> {
  readonly privileges: Privileges;
  /** Of the workers. */
  readonly env: NodeJS.ProcessEnv;
  readonly graceMs: number;
  readonly log: Pick<ManagerLog, "write">;
}

/** What can be stopped, twice: the second call may shorten the time. */
interface Part {
  stop(graceMs: number): Promise<void>;
}

export class Attached {
  private readonly options: AttachedOptions;
  private readonly warden: Warden;
  private parts: readonly Part[] = [];
  private isStopped = false;

  /** Starts nothing yet. Throws a UwsgiError (`UWSGI_PRIVILEGES`) where programs would be root and nobody has allowed that. */
  constructor(options: AttachedOptions) {
    this.options = options;
    this.warden = new Warden(options.graceMs);
    const { attachDaemons = [], allowRoot = false, privileges } = options;
    const isRoot = (privileges.uid ?? process.getuid?.()) === 0;
    if (attachDaemons.length === 0 || !isRoot || allowRoot) return;
    throw new UwsgiError(
      "attached programs would be root: say which user they and the workers shall be (uid), or that they may be root (allowRoot)",
      { code: "UWSGI_PRIVILEGES" },
    );
  }

  /** Once the sockets are there. Does nothing when it was stopped before. */
  start(): void {
    if (this.isStopped) return;
    const { attachDaemons = [], log } = this.options;
    const tell = (level: Level, text: string): void => log.write(level, "program", text);
    this.parts = attachDaemons.map(
      (command, index) =>
        new AttachedProgram({
          name: `attached program ${index + 1} (${programOf(command)})`,
          start: () => this.run(command),
          tell,
        }),
    );
  }

  /** Resolves when all has ended. A second call may shorten the time. */
  async stop(graceMs: number): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.parts.map((part) => part.stop(graceMs)));
    this.warden.close();
  }

  private run(command: string): RunningCommand {
    const { privileges, env, graceMs } = this.options;
    return new RunningCommand(launchCommand(command, privileges, env), this.warden, graceMs);
  }
}

/** The first word, which names it; others may be secrets. */
function programOf(command: string): string {
  return /\S+/.exec(command)?.[0] ?? "";
}
