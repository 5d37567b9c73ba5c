/** Where a worker's lines go: to the streams that it has from the master, or to files of their own. */
import { Writable } from "node:stream";
import { typeError } from "../../errors.ts";
import { ErrorLog, LogFile, type LogOptions, plainRecord } from "../../log/index.ts";
import type { OwnDescriptors, WorkerLog } from "../channel/worker-setup.ts";
import { outputAt } from "./output-at.ts";

export class WorkerLogs {
  /** What the worker itself has to say. */
  readonly own: ErrorLog;
  /** What its server logs by. */
  readonly options: LogOptions;
  /** What may still hold lines at the end of the process. */
  readonly streams: readonly Writable[];
  private readonly files: readonly LogFile[];

  /**
   * Opens the files. `worker`: its id. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for one that cannot be opened, and a
   * UwsgiError (`UWSGI_PACKAGE_MISSING`).
   */
  constructor(
    { access, errors: errorFormat, accessFile, errorFile, accessFd, errorFd }: WorkerLog & OwnDescriptors,
    worker?: number,
  ) {
    const errorLog = errorFile === undefined ? undefined : openLog(errorFile);
    // One file for both is opened once: a second descriptor would be one more to open anew.
    const isSame = accessFile !== undefined && accessFile === errorFile;
    const accessLog = isSame || accessFile === undefined ? errorLog : openLog(accessFile);
    this.files = [errorLog, isSame ? undefined : accessLog].filter(
      (file, index, all): file is LogFile => file !== undefined && all.indexOf(file) === index,
    );
    const stdout = accessFd === undefined ? process.stdout : outputAt(accessFd);
    const stderr = errorFd === undefined ? process.stderr : outputAt(errorFd);
    this.streams = [stdout, stderr].filter((output) => output instanceof Writable);
    const errors = errorLog ?? stderr;
    this.own = new ErrorLog(errors, errorFormat, worker);
    const lines = accessFile === undefined ? stdout : (accessLog ?? stdout);
    this.options = {
      errors,
      errorFormat,
      ...(access === "off" ? {} : { access: lines, accessFormat: access }),
      ...(worker === undefined ? {} : { worker }),
    };
  }

  /** Opens the files anew; one that cannot be is kept, and that is said. */
  reopen(): void {
    for (const file of this.files) {
      try {
        file.reopen();
      } catch (error) {
        this.own.write({
          level: "error",
          event: "worker:log",
          text: `log ${file.path} stays as it is`,
          thrown: { error },
        });
      }
    }
  }

  warn(text: string): void {
    this.own.write(plainRecord("warn", "worker", text));
  }
}

function openLog(path: string): LogFile {
  try {
    return new LogFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(typeError("UWSGI_INVALID_ARGUMENT", `log ${path} cannot be opened: ${reason}`), {
      cause: error,
    });
  }
}
