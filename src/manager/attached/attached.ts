/** All that an operator has attached to a service, from its start to its end. */
import { UwsgiError } from "../../errors.ts";
import type { ManagerLog } from "../master/manager-log.ts";
import type { ManagerOptions } from "../options.ts";
import type { Privileges } from "../channel/worker-setup.ts";
import { AttachedProgram, type AttachedProgramOptions } from "./attached-program.ts";
import { type CronTime, readCronTimes } from "./crontab.ts";
import { Job } from "./job.ts";
import { launchCommand } from "./launch-command.ts";
import { type CommandReader, RunningCommand } from "./running-command.ts";
import { Warden } from "./warden.ts";

export interface AttachedOptions extends Pick<ManagerOptions, "attachDaemons" | "crons" | "timers" | "allowRoot"> {
  readonly privileges: Privileges;
  /** Of the workers. */
  readonly env: NodeJS.ProcessEnv;
  readonly graceMs: number;
  readonly log: Pick<ManagerLog, "write" | "print">;
  /** What they print is read, so many lines a second of each stream. Default: it goes where ours goes. */
  readonly captureRate?: number | undefined;
}

/** What can be stopped, twice: the second call may shorten the time. */
interface Part {
  stop(graceMs: number): Promise<void>;
}

export class Attached {
  private readonly options: AttachedOptions;
  private readonly cronTimes: readonly CronTime[];
  private readonly warden: Warden;
  private parts: readonly Part[] = [];
  private isStopped = false;

  /**
   * Starts nothing yet. Rejects with a UwsgiError (`UWSGI_PRIVILEGES`) where programs would be root and nobody has allowed
   * that, and for times that cannot be: see `readCronTime`.
   */
  static async prepare(options: AttachedOptions): Promise<Attached> {
    const { attachDaemons = [], crons = [], timers = [], allowRoot = false, privileges } = options;
    const isRoot = (privileges.uid ?? process.getuid?.()) === 0;
    if (isRoot && !allowRoot && attachDaemons.length + crons.length + timers.length > 0) {
      throw new UwsgiError(
        "attached programs would be root: say which user they and the workers shall be (uid), or that they may be root (allowRoot)",
        { code: "UWSGI_PRIVILEGES" },
      );
    }
    return new Attached(options, crons.length === 0 ? [] : await readCronTimes(crons.map(({ when }) => when)));
  }

  private constructor(options: AttachedOptions, cronTimes: readonly CronTime[]) {
    this.options = options;
    this.cronTimes = cronTimes;
    this.warden = new Warden(options.graceMs);
  }

  /** Once the sockets are there. Does nothing when it was stopped before. */
  start(): void {
    if (this.isStopped) return;
    const { attachDaemons = [], crons = [], timers = [], log } = this.options;
    const beginning = (kind: string, command: string, index: number): AttachedProgramOptions => {
      const name = `${kind} ${index + 1} (${programOf(command)})`;
      return { name, start: () => this.run(command, name), tell: (level, text) => log.write(level, "program", text) };
    };
    this.parts = [
      ...attachDaemons.map((command, index) => new AttachedProgram(beginning("attached program", command, index))),
      ...this.cronTimes.map(
        ({ follow }, index) => new Job({ ...beginning("cron", crons[index]?.command ?? "", index), follow }),
      ),
      ...timers.map(
        ({ everyMs, command }, index) =>
          new Job({ ...beginning("timer", command, index), follow: (tell) => every(everyMs, tell) }),
      ),
    ];
  }

  /** Resolves when all has ended. A second call may shorten the time. */
  async stop(graceMs: number): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.parts.map((part) => part.stop(graceMs)));
    this.warden.close();
  }

  private run(command: string, name: string): RunningCommand {
    const { privileges, env, graceMs, log, captureRate } = this.options;
    const reader: CommandReader | undefined =
      captureRate === undefined
        ? undefined
        : {
            linesPerSecond: captureRate,
            onPrinted: (printed, pid) => log.print({ kind: "program", name, members: { program: name, pid } }, printed),
          };
    return new RunningCommand(launchCommand(command, privileges, env), this.warden, graceMs, reader);
  }
}

/** The first word, which names it; others may be secrets. */
function programOf(command: string): string {
  return /\S+/.exec(command)?.[0] ?? "";
}

function every(everyMs: number, tell: () => void): () => void {
  const timer = setInterval(tell, everyMs);
  return () => clearInterval(timer);
}
