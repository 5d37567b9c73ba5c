/** The smoke list behind Apache. */
import { apache } from "./fronts.ts";
import { smoke } from "./smoke.ts";

smoke(...apache);
