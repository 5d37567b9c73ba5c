/** Where the response goes: standard output, or a file that is made when there is something to write. */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { print } from "../standard-streams.ts";
import type { CurlOptions } from "./curl-options.ts";
import { usageFailure } from "./curl-options.ts";
import { CurlFailure, exits } from "./failure.ts";

export interface Destination {
  /** For `%{filename_effective}`; "" for standard output. */
  readonly name: string;
  /** Resolves when there is room for more. Rejects with a CurlFailure (23). */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the file, if nothing was to be written to it. */
  close(): Promise<void>;
}

/** Throws a CurlFailure (2) when `-O` finds no name in the path. */
export function chooseDestination({ values, flags }: CurlOptions, target: string): Destination {
  const output = values.get("output");
  const named = output ?? (flags.has("remote-name") ? lastSegment(target) : undefined);
  if (named === undefined || named === "-") {
    return new StandardOutput(output === undefined && process.stdout.isTTY);
  }
  return new OutputFile(join(values.get("output-dir") ?? "", named), flags.has("create-dirs"));
}

/** The name in a path, never one that leads elsewhere. */
function lastSegment(target: string): string {
  const name = (target.split("?", 1)[0] ?? "").split("/").at(-1) ?? "";
  if (name === "" || name === "." || name === ".." || name.includes("\0")) {
    throw usageFailure("Remote file name has no length!");
  }
  return Buffer.from(name, "latin1").toString("utf8");
}

/** True for what would put a terminal into disorder: curl looks for a NUL as well. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.includes(0);
}

/** A terminal is not given what is not text. */
export class StandardOutput implements Destination {
  readonly name = "";
  private readonly isTerminal: boolean;

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.isTerminal && isBinary(bytes)) {
      throw new CurlFailure(
        exits.writeError,
        'Binary output can mess up your terminal. Use "--output -" to have it all the same, or "--output FILE"',
      );
    }
    try {
      await print(bytes);
    } catch (error) {
      throw unwritable("standard output", error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A file, overwritten; made late, so that a request that fails leaves the one that is there. */
export class OutputFile implements Destination {
  readonly name: string;
  private readonly makesFolders: boolean;
  private handle: FileHandle | undefined;

  constructor(name: string, makesFolders: boolean) {
    this.name = name;
    this.makesFolders = makesFolders;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      const handle = await this.open();
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      throw unwritable(this.name, error);
    }
  }

  async close(): Promise<void> {
    try {
      await (await this.open()).close();
    } catch (error) {
      throw unwritable(this.name, error);
    }
  }

  private async open(): Promise<FileHandle> {
    if (this.handle === undefined && this.makesFolders) await mkdir(dirname(this.name), { recursive: true });
    return (this.handle ??= await open(this.name, "w"));
  }
}

function unwritable(name: string, error: unknown): CurlFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new CurlFailure(exits.writeError, `Failure writing output to destination: ${name}: ${why}`, error);
}
