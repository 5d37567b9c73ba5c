/** The grammar of crontab(5) and when its times are: croner's, loaded only where there are such times. */
import type { Cron as CronClass } from "croner";
import { errorCode, typeError, UwsgiError } from "../../errors.ts";

/** A time of a crontab. */
export interface CronTime {
  /** Calls at each of its times, until the answered function is called. */
  follow(tell: () => void): () => void;
}

/**
 * Reads times of five fields, or `@daily` and the like, in the time zone of the system. Rejects with a TypeError
 * (`UWSGI_INVALID_ARGUMENT`) for what is no time, or one that never comes, and a UwsgiError (`UWSGI_PACKAGE_MISSING`)
 * where croner is not installed.
 */
export async function readCronTimes(times: readonly string[]): Promise<readonly CronTime[]> {
  const { Cron } = await load();
  return times.map((when) => {
    if (nextOf(Cron, when) === null) {
      throw typeError("UWSGI_INVALID_ARGUMENT", `cron ${JSON.stringify(when)}: there is no such time`);
    }
    return {
      follow: (tell) => {
        const job = new Cron(when, crontab, tell);
        return () => job.stop();
      },
    };
  });
}

/** Crontabs have no seconds. */
const crontab = { mode: "5-part" } as const;

function nextOf(Cron: typeof CronClass, when: string): Date | null {
  try {
    return new Cron(when, crontab).nextRun();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `cron ${JSON.stringify(when)}: minute, hour, day, month and weekday are needed, such as */5 * * * * (${why})`,
    );
  }
}

async function load(): Promise<{ readonly Cron: typeof CronClass }> {
  try {
    return await import("croner");
  } catch (error) {
    const isMissing = errorCode(error) === "ERR_MODULE_NOT_FOUND" && String(error).includes("'croner'");
    if (!isMissing) throw error;
    throw new UwsgiError("cron needs the package croner, which is not installed: npm install croner", {
      code: "UWSGI_PACKAGE_MISSING",
      cause: error,
    });
  }
}
