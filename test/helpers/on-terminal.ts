/** A program on a terminal of 80 columns, by Python's pty: Node has none. */
import { runProgram } from "./run-program.ts";

/** What is waited for, and then typed. */
export type Step = readonly [pattern: string, keys: string];

export interface Seen {
  readonly code: number | string;
  /** All that was written to the terminal. */
  readonly screen: string;
}

const DRIVER = `
import fcntl, json, os, pty, re, select, struct, sys, termios
command, steps = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(command[0], command)
seen, at = b"", 0
while select.select([fd], [], [], 60)[0]:
    try:
        chunk = os.read(fd, 65536)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    while steps:
        found = re.search(steps[0][0].encode(), seen[at:])
        if not found:
            break
        at += found.end()
        os.write(fd, steps.pop(0)[1].encode())
sys.stdout.buffer.write(seen)
sys.stdout.flush()
os.close(fd)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
`;

/** Runs it there to its end; what is typed comes step by step. Needs python3. */
export async function onTerminal(
  command: readonly string[],
  steps: readonly Step[] = [],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Seen> {
  const { TERM: _, ...env } = options.env ?? {};
  const ran = await runProgram("python3", ["-c", DRIVER, JSON.stringify([command, steps])], {
    ...options,
    env: { NO_COLOR: undefined, ...env, TERM: options.env?.["TERM"] ?? "xterm" },
  });
  if (ran.stderr !== "") throw new Error(ran.stderr);
  return { code: ran.code, screen: ran.stdout.toString() };
}
