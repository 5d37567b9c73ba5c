/**
 * Configurations: what may be said, wherever it is said. One schema (`schema/schema.ts`) is the only list of options; the
 * table of it (`option-table.ts`), which is made by `npm run docs`, is what is loaded at run time.
 *
 * Read first: `given.ts` (what sources say), `option.ts` (what is known of an option). `load/` reads all sources, `ini/` in
 * uWSGI's dialect and `read/` in formats that libraries read; `read-value.ts` reads one value, `settle.ts` decides between
 * sources. `uwsgi/about.ts` knows all options of uWSGI, `import/importers.ts` other programs' configurations; both are loaded
 * when somebody asks.
 */
import type * as Importers from "./import/importers.ts";

export type { BridgeConfig, RouteConfig, ServeConfig, UpstreamConfig } from "./config-types.ts";
export { type Given, type Origin, originText, type Problem } from "./given.ts";
export { type Loaded, loadConfig, type LoadOptions } from "./load/load.ts";
export type { Option, OptionGroup, OptionKind, OptionTableName } from "./option.ts";
export type { Imported, ImportedFile, ImportWishes } from "./import/imported.ts";
export { optionTables } from "./option-table.ts";
export { optionsPage } from "./options-page.ts";
export type { Named } from "./read-value.ts";
export { explainUnknown } from "./unknown-option.ts";
export { type ExplainUnknown, problemText, type Settled, settle } from "./settle.ts";

/** Converters of other programs' configurations: for `uisge import` alone. */
export function loadImporters(): Promise<typeof Importers> {
  return import("./import/importers.ts");
}
