/** The smoke list behind uWSGI's http router. */
import { smoke } from "./smoke.ts";

smoke("uWSGI's router");
