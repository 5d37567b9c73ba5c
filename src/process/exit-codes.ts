/**
 * Exit codes, from BSD's sysexits.h where it has them, so that a supervisor can tell a typo from a busy port.
 * A process that was told to stop and did exits with 0.
 */
import { errorCode, WorkerError } from "../errors.ts";

/** One exit code. */
export interface ExitCode {
  readonly exitCode: number;
  /** A few words; a command may say it more exactly. */
  readonly meaning: string;
  /** Codes of the errors that end a command with it. */
  readonly errors: readonly string[];
}

/** All that the commands end with but `curl`, which has those of curl. */
export const exitCodes: readonly ExitCode[] = [
  { exitCode: 0, meaning: "done, or stopped when told to", errors: [] },
  { exitCode: 1, meaning: "an error", errors: [] },
  // As the init scripts of LSB say that nothing runs, and that it is not known.
  { exitCode: 3, meaning: "no such manager", errors: ["UWSGI_NO_INSTANCE"] },
  { exitCode: 4, meaning: "several managers: say which", errors: ["UWSGI_SEVERAL_INSTANCES"] },
  {
    exitCode: 64,
    meaning: "usage",
    errors: [
      "UWSGI_INVALID_ARGUMENT",
      "UWSGI_BAD_RULE",
      "ERR_PARSE_ARGS_UNKNOWN_OPTION",
      "ERR_PARSE_ARGS_INVALID_OPTION_VALUE",
      "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL",
    ],
  },
  {
    exitCode: 65,
    meaning: "what was given to read is not what it should be",
    errors: ["UWSGI_BAD_CAPTURE", "UWSGI_BAD_CONFIGURATION"],
  },
  {
    exitCode: 66,
    meaning: "no such application, or nothing to read",
    errors: ["UWSGI_NO_CONFIGURATION", "UWSGI_APP_NOT_FOUND"],
  },
  { exitCode: 69, meaning: "the address is in use: somebody else answers there", errors: ["UWSGI_ADDRESS_IN_USE"] },
  {
    exitCode: 70,
    meaning: "the application is there and does not work",
    errors: ["UWSGI_APP_LOAD_FAILED", "UWSGI_APP_CONTRACT", "UWSGI_APP_HOOK_FAILED"],
  },
  {
    exitCode: 73,
    meaning: "cannot listen: the socket cannot be made there",
    errors: ["UWSGI_LISTEN_FAILED", "UWSGI_TRANSPORT_UNAVAILABLE"],
  },
  { exitCode: 76, meaning: "the other side does not speak as it should", errors: ["UWSGI_BAD_MESSAGE"] },
  { exitCode: 77, meaning: "no permission", errors: ["UWSGI_PRIVILEGES"] },
  {
    exitCode: 78,
    meaning: "the address is not valid, or would be open to everybody",
    errors: ["UWSGI_INVALID_ADDRESS", "UWSGI_ADDRESS_EXPOSED"],
  },
];

/**
 * The exit code of a process that has served, and was told to stop: what the application has set, else 0; 1 where an
 * error that belongs to no request has come.
 */
export function servedExitCode(hasFailed: boolean): number {
  return hasFailed ? UNEXPECTED : Number(process.exitCode ?? 0);
}

const NO_PERMISSION = 77;
const UNEXPECTED = 1;

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof WorkerError) return error.exitCode;
  const code = errorCode(error);
  const cause = error instanceof Error ? errorCode(error.cause) : undefined;
  // What a hook of the application was refused is the application's failure.
  if (code !== "UWSGI_APP_HOOK_FAILED" && (cause === "EACCES" || cause === "EPERM")) return NO_PERMISSION;
  return exitCodes.find(({ errors }) => code !== undefined && errors.includes(code))?.exitCode ?? UNEXPECTED;
}
