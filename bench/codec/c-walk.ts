/** Compiles and runs `walk.c`, the yardstick of parsing, where there is a C compiler. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Input } from "../cases/inputs.ts";

/** The compiled benchmark lies in `build/`, the C source where it was written. */
const SOURCE = fileURLToPath(new URL("../../../bench/codec/walk.c", import.meta.url));

/** About this long is one run. */
const RUN_MS = 15;

export class CWalk {
  private readonly folder: string;
  private readonly program: string;
  private readonly prepared = new Map<readonly Input[], { readonly file: string; readonly times: number }>();

  private constructor(folder: string, program: string) {
    this.folder = folder;
    this.program = program;
  }

  /** Undefined where `cc` is missing or fails. */
  static compile(): CWalk | undefined {
    const folder = mkdtempSync(join(tmpdir(), "c-walk-"));
    const program = join(folder, "walk");
    try {
      execFileSync("cc", ["-O3", "-o", program, SOURCE], { stdio: "ignore" });
      return new CWalk(folder, program);
    } catch {
      // No compiler is a normal machine: the row is left out, and the report says so.
      rmSync(folder, { recursive: true });
      return undefined;
    }
  }

  /** Nanoseconds per packet of one run over these packets in turns. */
  run(inputs: readonly Input[]): number {
    const { file, times } = this.prepared.get(inputs) ?? this.prepare(inputs);
    return this.time(file, times);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  private prepare(inputs: readonly Input[]): { readonly file: string; readonly times: number } {
    const file = join(this.folder, `${this.prepared.size}.bin`);
    writeFileSync(file, Buffer.concat(inputs.map(({ packet }) => packet)));
    const made = { file, times: Math.ceil((RUN_MS * 1e6) / this.time(file, 1_000)) };
    this.prepared.set(inputs, made);
    return made;
  }

  private time(file: string, times: number): number {
    return Number(execFileSync(this.program, [file, String(times)], { encoding: "utf8" }).split(" ")[0]);
  }
}
