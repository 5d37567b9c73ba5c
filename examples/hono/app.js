// Hono 4, a fetch application. Run it: npx uisge serve examples/hono/app.js --socket /tmp/app.sock
import { Hono } from "hono";
import { stream } from "hono/streaming";

/** @type {Hono<{ Bindings: import("uisge/app").FetchEnv }>} */
const app = new Hono();

// `c.env` is what uisge gives a fetch handler beside the request.
app.get("/", (c) => c.json({ client: c.env.remote.address, id: c.env.id }));

app.get("/countdown", (c) => {
  // nginx would collect the lines.
  c.header("X-Accel-Buffering", "no");
  return stream(c, async (body) => {
    for (let count = 3; count > 0 && !body.aborted; count--) {
      await body.write(`${count}\n`);
      await body.sleep(100);
    }
    await body.write("tea\n");
  });
});

export default app;
