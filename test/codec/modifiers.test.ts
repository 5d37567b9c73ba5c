import test from "ava";
import { decodeArray, decodePacket, modifiers } from "../../src/codec/index.ts";
import { readVectors } from "../helpers/vectors.ts";

const rows = [...modifiers.values()];

test("each modifier is found under its number, in ascending order", (t) => {
  t.true([...modifiers].every(([number, { modifier1 }]) => number === modifier1));
  t.deepEqual(
    rows.map(({ modifier1 }) => modifier1),
    [...new Set(rows.map(({ modifier1 }) => modifier1))].sort((a, b) => a - b),
  );
});

test("each number fits the byte it is sent in", (t) => {
  t.true(rows.every(({ modifier1 }) => Number.isInteger(modifier1) && modifier1 >= 0 && modifier1 <= 255));
});

test("each row says what it is and where that was read", (t) => {
  t.deepEqual(
    rows.filter((row) => [row.name, row.modifier2, row.exchange, row.source].some((text) => text.trim() === "")),
    [],
  );
});

for (const [modifier1, name, payload, status] of [
  [0, "WSGI (Python) request", "vars", "served"],
  [5, "PSGI (Perl) request", "vars", "served"],
  [9, "CGI script request", "vars", "served"],
  [17, "spooler task", "vars", "served"],
  [100, "ping", "ignored", "served"],
  [101, "echo", "bytes", "served"],
  [110, "uwsgi signal", "ignored", "served"],
  [111, "cache", "by-modifier2", "served"],
  [173, "remote procedure call", "by-modifier2", "served"],
  [224, "subscription", "vars", "datagram"],
  [255, "generic response", "ignored", "reply"],
] as const) {
  test(`modifier1 ${modifier1} is: ${name}`, (t) => {
    t.like(modifiers.get(modifier1), { name, payload, status });
  });
}

for (const modifier1 of [4, 12, 16, 55, 71, 102, 254]) {
  test(`modifier1 ${modifier1} is not assigned`, (t) => {
    t.is(modifiers.get(modifier1), undefined);
  });
}

test("the payload kind of each family is what its recorded packets have", (t) => {
  const seen = readVectors("families", "nginx", "apache", "uwsgi", "tools", "lighttpd", "nginx-1.31");
  for (const { name, packet, header, vars, items } of seen) {
    if (header === undefined) continue;
    const { payload = "unassigned" } = modifiers.get(header.modifier1) ?? {};
    const decoded = decodePacket(packet);
    if (payload === "vars")
      t.deepEqual(
        [...(decoded?.vars ?? [])],
        vars?.map((pair) => [...pair]),
        name,
      );
    if (payload === "by-modifier2" && items !== undefined)
      t.is(decodeArray(decoded?.payload ?? packet).length, items.length, name);
    if (payload === "ignored" || payload === "bytes") t.is(vars?.length ?? 0, 0, name);
  }
});
