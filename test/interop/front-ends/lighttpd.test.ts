/** The smoke list behind lighttpd. */
import { smoke } from "./smoke.ts";

smoke("lighttpd");
