/** Asking a manager by its control socket, and finding it. */
import { once } from "node:events";
import { connect } from "node:net";
import { type ErrorCode, errorCode, TimeoutError, UwsgiError } from "../../errors.ts";
import { LineReader } from "../channel/line-reader.ts";
import {
  type ControlCommand,
  type ControlLine,
  type ControlResult,
  longControl,
  parseAnswer,
} from "./control-messages.ts";

/** Most bytes of a line of an answer: what a manager with a thousand workers says of itself. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Most milliseconds until the first byte of an answer, for what takes no time. */
const SOON_MS = 10_000;

/** Commands whose answer may take as long as requests and starting workers do. */
const slow: ReadonlySet<ControlCommand["command"]> = new Set(["reload", "stop", "upgrade"]);

/**
 * Asks, and resolves with the last line of the answer; the lines before go to `onLine`. `from`: who asks, for the
 * manager's log. Rejects with a UwsgiError: `UWSGI_NO_INSTANCE` when nobody answers at the path, `UWSGI_CONTROL_FAILED`
 * with the manager's own words when it has refused or failed, `UWSGI_BAD_CONTROL` when what answers is no manager,
 * `UWSGI_PEER_GONE`, `UWSGI_RESPONSE_TIMEOUT`.
 */
export async function askManager(
  path: string,
  command: ControlCommand,
  from: string,
  onLine: (line: ControlLine) => void = () => {},
): Promise<ControlResult> {
  const socket = connect({ path });
  try {
    await once(socket, "connect");
  } catch (error) {
    throw notThere(path, error);
  }
  if (!slow.has(command.command)) {
    const late = `${path} has not answered for ${SOON_MS} ms`;
    socket.setTimeout(SOON_MS, () => socket.destroy(new TimeoutError(late, { code: "UWSGI_RESPONSE_TIMEOUT" })));
  }
  socket.write(`${JSON.stringify({ ...command, from })}\n`);
  const reader = new LineReader(MAX_ANSWER_BYTES, longControl);
  try {
    for await (const chunk of socket) {
      for (const text of reader.push(chunk as Buffer)) {
        const line = parseAnswer(text);
        if ("done" in line) return line;
        if ("error" in line) throw new UwsgiError(fit(line.error.message), { code: "UWSGI_CONTROL_FAILED" });
        onLine(line);
      }
    }
  } catch (error) {
    throw error instanceof UwsgiError ? error : gone(path, error);
  } finally {
    socket.destroy();
  }
  throw gone(path);
}

function notThere(path: string, error: unknown): UwsgiError {
  const why: ErrorCode = errorCode(error) === "EACCES" ? "UWSGI_CONNECT_FAILED" : "UWSGI_NO_INSTANCE";
  const reason = { ENOENT: "there is no such socket", ECONNREFUSED: "nobody listens there" }[errorCode(error) ?? ""];
  return new UwsgiError(`no manager answers at ${path}: ${reason ?? (error as Error).message}`, {
    code: why,
    cause: error,
  });
}

function gone(path: string, cause?: unknown): UwsgiError {
  return new UwsgiError(`${path}: the manager went away before it had answered`, { code: "UWSGI_PEER_GONE", cause });
}

/** Without what a terminal would obey: an application's own error may be in it. */
function fit(message: string): string {
  return message.replace(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, "?");
}
