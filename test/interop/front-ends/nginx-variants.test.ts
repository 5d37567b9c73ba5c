/** The smoke list behind nginx over TLS, and when it passes bodies on as they come. */
import { nginxOverTls, nginxUnbuffered } from "./fronts.ts";
import { smoke } from "./smoke.ts";

smoke(nginxOverTls, nginxUnbuffered);
