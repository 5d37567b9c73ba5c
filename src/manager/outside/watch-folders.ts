/** For development: folders below which any change is told, once things have calmed down. */
import { type FSWatcher, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** An editor or a build writes several files, each in several steps. */
const CALM_MS = 150;

/**
 * Watches folders and all below them, except `node_modules` and what begins with a dot. One watcher a folder rather
 * than `recursive`: that takes in `node_modules`, on Linux with a watcher for each of its files.
 */
export class WatchFolders {
  private readonly onChange: (path: string) => void;
  private readonly onError: (error: Error) => void;
  private readonly calmMs: number;
  private readonly watchers = new Map<string, FSWatcher>();
  private calm: NodeJS.Timeout | undefined;
  /** What has changed first since things were calm. */
  private first: string | undefined;
  private isClosed = false;
  /** Resolves when all is watched that is there. */
  readonly started: Promise<void>;

  /** `onChange` gets the first path of those that have changed; `onError` what cannot be watched. */
  constructor(
    folders: readonly string[],
    onChange: (path: string) => void,
    onError: (error: Error) => void,
    calmMs: number = CALM_MS,
  ) {
    this.onChange = onChange;
    this.onError = onError;
    this.calmMs = calmMs;
    this.started = Promise.all(folders.map((folder) => this.add(folder, true))).then(() => {});
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.calm);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  /** `isGiven`: that it is no folder is an error, not just a file. */
  private async add(folder: string, isGiven = false): Promise<void> {
    if (this.isClosed || this.watchers.has(folder)) return;
    try {
      // At once: what changes from now on is to be seen.
      if (isGiven) this.watch(folder);
      const entries = await readdir(folder, { withFileTypes: true });
      if (this.isClosed || (!isGiven && this.watchers.has(folder))) return;
      if (!isGiven) this.watch(folder);
      const below = entries.filter((entry) => entry.isDirectory() && isWatched(entry.name));
      await Promise.all(below.map(({ name }) => this.add(join(folder, name))));
    } catch (error) {
      if (!isGiven) return;
      this.drop(folder);
      this.onError(error as Error);
    }
  }

  private watch(folder: string): void {
    const watcher = watch(folder, { persistent: false }, (_, name) => this.seen(folder, name));
    this.watchers.set(folder, watcher);
    // It was removed, most likely.
    watcher.on("error", () => this.drop(folder));
  }

  private seen(folder: string, name: string | null): void {
    if (name !== null && !isWatched(name)) return;
    const path = name === null ? folder : join(folder, name);
    // It may be a new folder, or one that is gone and may come again: a watcher is of the folder that was there.
    this.drop(path);
    if (name !== null) void this.add(path);
    this.first ??= path;
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.tell(), this.calmMs).unref();
  }

  private tell(): void {
    const path = this.first ?? "";
    this.first = undefined;
    this.onChange(path);
  }

  private drop(folder: string): void {
    for (const [path, watcher] of this.watchers) {
      if (path !== folder && !path.startsWith(join(folder, "/"))) continue;
      watcher.close();
      this.watchers.delete(path);
    }
  }
}

function isWatched(name: string): boolean {
  return name !== "node_modules" && !name.startsWith(".");
}
