/** What is known beside an ecosystem file, and beside one attribute of it. */
import type { Origin } from "../given.ts";
import type { ImportWishes } from "./imported.ts";

export interface Pm2Context extends ImportWishes {
  /** The folder of the file, absolute: that of applications that name none. */
  readonly folder: string;
  readonly origin: Origin;
}

/** The application whose attribute is converted. */
export interface Pm2AppContext extends Pm2Context {
  readonly name: string;
  readonly app: Readonly<Record<string, unknown>>;
}
