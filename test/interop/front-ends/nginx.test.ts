/** The smoke list behind nginx. */
import { smoke } from "./smoke.ts";

smoke("nginx");
