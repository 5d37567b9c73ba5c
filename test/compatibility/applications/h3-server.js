import { serve } from "srvx";
import app from "./h3.js";
import { host, port } from "./material.js";

serve({ fetch: app.fetch, port, hostname: host, silent: true });
