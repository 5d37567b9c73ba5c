import test from "ava";
import { nearestName } from "../src/nearest-name.ts";

test("the nearest name is the one with the fewest letters to change, if any is near", (t) => {
  const names = ["processes", "socket", "uid", "gid", "umask"];
  t.is(nearestName("proceses", names), "processes");
  t.is(nearestName("sokcet", names), "socket");
  t.is(nearestName("gdi", names), "gid");
  t.is(nearestName("proc", names), undefined);
  t.is(nearestName("something-else", names), undefined);
});

test("what is short is near to little: surf is no curl", (t) => {
  t.is(nearestName("surf", ["serve", "curl", "stop"]), undefined);
  t.is(nearestName("pnig", ["ping"]), "ping");
  t.is(nearestName("", ["ping"]), undefined);
});
