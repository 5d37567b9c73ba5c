// Fastify 5: answers are checked, and written, by their schemas.
// Run it: npx uisge serve examples/fastify/app.js --socket /tmp/app.sock
import Fastify from "fastify";

const app = Fastify({ bodyLimit: 1_048_576 });

app.get("/", (request, reply) => reply.send({ client: request.ip, scheme: request.protocol }));

app.post(
  "/sum",
  {
    schema: {
      body: { type: "array", items: { type: "number" }, maxItems: 1_000 },
      response: { 200: { type: "object", properties: { sum: { type: "number" } } } },
    },
  },
  (request, reply) => {
    const numbers = /** @type {number[]} */ (request.body);
    return reply.send({ sum: numbers.reduce((sum, number) => sum + number, 0) });
  },
);

await app.listen({ port: Number(process.env.PORT ?? 3000) });
