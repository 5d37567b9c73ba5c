/**
 * Exit codes, from BSD's sysexits.h where it has them, so that a supervisor can tell a typo from a busy port.
 * A process that was told to stop and did exits with 0.
 */
import { errorCode, WorkerError } from "../errors.ts";

const codes: readonly (readonly [code: string, exitCode: number])[] = [
  // As the init scripts of LSB say that nothing runs, and that it is not known.
  ["UWSGI_NO_INSTANCE", 3],
  ["UWSGI_SEVERAL_INSTANCES", 4],
  // The command line is wrong.
  ["UWSGI_INVALID_ARGUMENT", 64],
  ["UWSGI_BAD_RULE", 64],
  ["ERR_PARSE_ARGS_UNKNOWN_OPTION", 64],
  ["ERR_PARSE_ARGS_INVALID_OPTION_VALUE", 64],
  ["ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", 64],
  // What was given to read is not there, or not what it should be.
  ["UWSGI_BAD_CAPTURE", 65],
  ["UWSGI_BAD_CONFIGURATION", 65],
  // There is no such application, or configuration.
  ["UWSGI_NO_CONFIGURATION", 66],
  ["UWSGI_APP_NOT_FOUND", 66],
  // Somebody else answers there.
  ["UWSGI_ADDRESS_IN_USE", 69],
  // The application is there and does not work.
  ["UWSGI_APP_LOAD_FAILED", 70],
  ["UWSGI_APP_CONTRACT", 70],
  ["UWSGI_APP_HOOK_FAILED", 70],
  // The socket cannot be made there.
  ["UWSGI_LISTEN_FAILED", 73],
  ["UWSGI_TRANSPORT_UNAVAILABLE", 73],
  // The other side does not speak as it should.
  ["UWSGI_BAD_MESSAGE", 76],
  ["UWSGI_PRIVILEGES", 77],
  // The address can never be right, or would be open to everybody.
  ["UWSGI_INVALID_ADDRESS", 78],
  ["UWSGI_ADDRESS_EXPOSED", 78],
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
  return codes.find(([known]) => known === code)?.[1] ?? UNEXPECTED;
}
