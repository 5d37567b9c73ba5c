/**
 * Ends programs when their master has died without a word: the system tells nobody of the end of a parent, and what an
 * operator attaches need not look. One shell for all of them, for it takes 1 MiB where Node takes 40. It reads which
 * process groups there are; the end of its input is the end of the master.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/** Words that it reads: `add PID`, `drop PID`. Its argument: seconds between TERM and KILL. */
const SCRIPT = `trap '' HUP INT QUIT TERM
groups=
while read -r verb group; do
  rest=
  for one in $groups; do [ "$one" = "$group" ] || rest="$rest $one"; done
  groups=$rest
  [ "$verb" = drop ] || groups="$groups $group"
done
left=$1
for one in $groups; do kill -TERM -"$one"; done
while [ "$left" -gt 0 ]; do
  alive=
  for one in $groups; do kill -0 -"$one" && alive=1; done
  [ -n "$alive" ] || exit 0
  sleep 1
  left=$((left - 1))
done
for one in $groups; do kill -KILL -"$one"; done
`;

/** Before another is started in the place of one that was killed. */
const DELAY_MS = 1_000;

export class Warden {
  private readonly graceSeconds: number;
  private readonly groups = new Set<number>();
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(graceMs: number) {
    this.graceSeconds = Math.ceil(Math.min(graceMs, 2 ** 31) / 1_000);
  }

  add(group: number): void {
    this.groups.add(group);
    if (this.child === undefined && this.timer === undefined) this.start();
    else this.tell(`add ${group}`);
  }

  drop(group: number): void {
    this.groups.delete(group);
    this.tell(`drop ${group}`);
  }

  /** There are no more groups. */
  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { child } = this;
    this.child = undefined;
    child?.stdin?.end();
  }

  private start(): void {
    // A group of its own: what ends ours from a terminal must not end it.
    const child = spawn("/bin/sh", ["-c", SCRIPT, "uisge-warden", String(this.graceSeconds)], {
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
      detached: true,
    });
    child.unref();
    child.on("error", () => {});
    child.stdin.on("error", () => {});
    (child.stdin as Writable & { unref?(): void }).unref?.();
    this.child = child;
    for (const group of this.groups) this.tell(`add ${group}`);
    child.once("exit", () => {
      if (this.child !== child) return;
      this.child = undefined;
      this.timer = setTimeout(() => {
        this.timer = undefined;
        if (this.groups.size > 0) this.start();
      }, DELAY_MS).unref();
    });
  }

  private tell(line: string): void {
    this.child?.stdin?.write(`${line}\n`);
  }
}
