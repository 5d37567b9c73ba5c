/** A folder for the sockets and files of one test, gone afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempFolder extends Disposable {
  readonly path: string;
  /** Absolute path of a name in the folder; nothing is made. */
  file(name: string): string;
}

/** Makes a folder in `parent`: `using folder = tempFolder();` */
export function tempFolder(parent: string = tmpdir()): TempFolder {
  const path = mkdtempSync(join(parent, "uisge-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Makes a folder that is gone when the test has ended; answers its path. */
export function folderOf(t: { teardown(end: () => void): void }, parent?: string): string {
  const folder = tempFolder(parent);
  t.teardown(() => folder[Symbol.dispose]());
  return folder.path;
}
