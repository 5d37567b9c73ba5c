/** The smoke list behind lighttpd. */
import { lighttpd } from "./fronts.ts";
import { smoke } from "./smoke.ts";

smoke(...lighttpd);
