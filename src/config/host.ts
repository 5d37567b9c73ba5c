/** What readers of configurations may ask of the world: everything else about them is pure. */

export interface ConfigHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  /** Where relative paths begin. */
  readonly cwd: string;
  readonly processors: number;
  readonly uid: number;
  readonly gid: number;
  /** Names of both, or the numbers as text where they have none. */
  readonly user: string;
  readonly group: string;
  /** The program that runs. */
  readonly executable: string;
  /** Of this package. */
  readonly version: string;
  /** When the instance was started, in milliseconds since 1970, parts of them included. */
  readonly startedAtMs: number;
  /** A master reads its configuration anew. */
  readonly isReload: boolean;
  /** The text of a file in UTF-8. Throws what the system says, and where there is more than `mostBytes`. */
  readText(path: string, mostBytes: number): string;
  /** Of what a path leads to, links followed. Never throws. */
  kindOf(path: string): "file" | "folder" | "other" | undefined;
  /** The absolute path; links in its folders are followed, but a link at its end is kept. Never throws. */
  fullPath(path: string): string;
  /** The inode of what stands there, of the link where it is one. Never throws. */
  inodeOf(path: string): number | undefined;
  /** Paths that match, sorted, folders with a slash behind; none where nothing does. Never throws. */
  glob(pattern: string): readonly string[];
}
