import { serve } from "h3";
import app from "./h3.js";
import { host, port } from "./material.js";

serve(app, { port, hostname: host, silent: true });
