// Express 5, nothing changed for uisge: it calls `listen`, and is served on the socket instead of the port.
// Run it: npx uisge serve examples/express/app.js --socket /tmp/app.sock
import compression from "compression";
import express from "express";

const app = express();
app.disable("x-powered-by");
app.use(compression());
app.use(express.json({ limit: "1mb" }));

/** @type {Map<number, { id: number, name: string }>} */
const teas = new Map([[1, { id: 1, name: "Darjeeling" }]]);

app.get("/", (req, res) => {
  // From nginx's vars, with `trust proxy` off: a client's X-Forwarded-For changes nothing.
  res.json({ client: req.ip, scheme: req.protocol, teas: [...teas.values()] });
});

app.post("/teas", (req, res) => {
  const { name } = req.body ?? {};
  if (typeof name !== "string" || name === "") {
    res.status(422).json({ error: "a tea needs a name" });
    return;
  }
  const tea = { id: teas.size + 1, name };
  teas.set(tea.id, tea);
  res.status(201).location(`/teas/${tea.id}`).json(tea);
});

app.get("/teas/:id", (req, res) => {
  const tea = teas.get(Number(req.params.id));
  if (tea === undefined) res.status(404).json({ error: "no such tea" });
  else res.json(tea);
});

app.listen(process.env.PORT ?? 3000);
