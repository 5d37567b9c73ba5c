/** The smoke list behind uWSGI's http router. */
import { uwsgiRouter } from "./fronts.ts";
import { smoke } from "./smoke.ts";

smoke(...uwsgiRouter);
