/**
 * The program of a worker; a master starts it (`worker-process.ts`). Nothing but the signals is imported at once: the
 * rest takes its time to load.
 */
import { takeSignals } from "./worker-signals.ts";

takeSignals();
const { runWorker } = await import("./worker.ts");
runWorker();
