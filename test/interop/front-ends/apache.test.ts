/** The smoke list behind Apache. */
import { smoke } from "./smoke.ts";

smoke("Apache");
