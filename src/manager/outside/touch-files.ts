/** Files whose touch is a wish: `touch reload.txt` reloads. They need not be there yet. */
import { stat } from "node:fs/promises";

/** As uWSGI's master does. */
const INTERVAL_MS = 1_000;

/**
 * Looks at the files' time of change each second. Not by what the system tells of changes: it tells of files by
 * their inode, while editors and deployments replace them, and tells nothing on many network file systems.
 */
export class TouchFiles {
  private readonly files: readonly string[];
  private readonly seen = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private isLooking = false;
  private isClosed = false;
  /** Resolves when the state to compare with is known: what is touched later is told. */
  readonly started: Promise<void>;

  constructor(files: readonly string[], onTouch: (file: string) => void, intervalMs: number = INTERVAL_MS) {
    this.files = files;
    this.started = this.look(() => {});
    this.timer = setInterval(() => void this.look(onTouch), intervalMs).unref();
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
  }

  private async look(tell: (file: string) => void): Promise<void> {
    // A file system that hangs is not asked twice at a time.
    if (this.isLooking) return;
    this.isLooking = true;
    for (const file of this.files) {
      const changed = await changeOf(file);
      const before = this.seen.get(file);
      if (this.isClosed) return;
      this.seen.set(file, changed);
      // That it is gone is no touch: a deployment that replaces it comes by here twice.
      if (before !== undefined && changed !== before && changed !== MISSING) tell(file);
    }
    this.isLooking = false;
  }
}

const MISSING = -1;

/** Milliseconds; `MISSING` for what is not there. */
async function changeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return MISSING;
  }
}
