/** One row of the grid: both sides of an application, and each cell asked of both. */
import { type Cell, cells } from "./cells.ts";
import { type Difference, differences } from "./observe.ts";
import type { Row } from "./rows.ts";
import { type Side, type SideOptions, startOnNode, startOnUwsgi } from "./side.ts";

/** Longest wait for all answers of a cell. */
const CELL_MS = 60_000;

/** Both sides of a row, running. */
export class Pair implements AsyncDisposable {
  readonly onNode: Side;
  readonly onUwsgi: Side;

  private constructor(onNode: Side, onUwsgi: Side) {
    this.onNode = onNode;
    this.onUwsgi = onUwsgi;
  }

  static async start(row: Row, options: SideOptions = {}): Promise<Pair> {
    const onNode = await startOnNode(row.onNode, options);
    try {
      return new Pair(onNode, await startOnUwsgi(row.onUwsgi, options));
    } catch (error) {
      await onNode[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Asks one cell of both sides. */
  async compare(cell: Cell, uploadBytes: number): Promise<Difference[]> {
    const [onNode, onUwsgi] = await Promise.all(
      [this.onNode, this.onUwsgi].map(({ port }) => observe(cell, port, uploadBytes)),
    );
    return differences(onNode ?? [], onUwsgi ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.onNode[Symbol.asyncDispose]();
    await this.onUwsgi[Symbol.asyncDispose]();
  }
}

/** The cells that apply to an application. */
export function cellsOf({ without = [] }: Row): readonly Cell[] {
  return cells.filter(({ name }) => !without.includes(name));
}

/** What a client sees; that no answer comes is seen as well. */
async function observe(cell: Cell, port: number, uploadBytes: number): Promise<string[]> {
  const late = new Promise<string[]>((resolve) => {
    setTimeout(() => resolve(["no answer"]), CELL_MS).unref();
  });
  const seen = cell.observe({ port, uploadBytes }).catch((error: unknown) => [`no answer: ${String(error)}`]);
  return Promise.race([seen, late]);
}
