/** The smoke list behind nginx. */
import { nginx } from "./fronts.ts";
import { smoke } from "./smoke.ts";

smoke(...nginx);
