// Koa 3. Run it: npx uisge serve examples/koa/app.js --socket /tmp/app.sock
import Koa from "koa";

const app = new Koa();

// How long each request took, for the browser's own tools.
app.use(async (ctx, next) => {
  const startedAt = performance.now();
  await next();
  ctx.set("Server-Timing", `app;dur=${(performance.now() - startedAt).toFixed(1)}`);
});

app.use((ctx) => {
  if (ctx.path !== "/") ctx.throw(404, "there is only one page\n");
  ctx.body = { client: ctx.ip, scheme: ctx.protocol };
});

export default app;
