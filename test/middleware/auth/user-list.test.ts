import test from "ava";
import { parseHtpasswd, usersOf } from "../../../src/middleware/auth/user-list.ts";
import { OTHER, SECRET } from "./whoami.ts";

const APR1 = "$apr1$w.3ojiEa$E144jwt/KtviG.cM2jVy0/";

test("a file of users is read: comments, empty lines, CRLF and more fields are nothing", (t) => {
  const list = parseHtpasswd(`# users\r\n\r\nalice:${SECRET}\r\nbob:${APR1}:Bob:bob@example.org\n`, "f");
  t.is(list.find("alice")?.hash.text, SECRET);
  t.is(list.find("bob")?.hash.text, APR1);
  t.is(list.find("# users"), undefined);
});

test("the first of two lines for one user counts, as in Apache", (t) => {
  t.is(parseHtpasswd(`alice:${SECRET}\nalice:${OTHER}\n`, "f").find("alice")?.hash.text, SECRET);
});

test("names of a file are UTF-8", (t) => {
  const bytes = Buffer.from(`zo\u00eb:${SECRET}\n`, "utf8").toString("latin1");
  t.truthy(parseHtpasswd(bytes, "f").find("zo\u00eb"));
});

test("names that every object has are nobody's", (t) => {
  t.is(usersOf({ alice: SECRET }).find("constructor"), undefined);
  t.is(usersOf({ alice: SECRET }).find("__proto__"), undefined);
});

for (const [title, text, message] of [
  ["a line without a colon", `alice:${SECRET}\nbob\n`, "/f line 2: there is no colon behind the name"],
  ["a name that is no UTF-8", `zo\xeb:${SECRET}`, /^\/f line 1, user "zo\u00eb": a name is/],
  ["no name", `:${SECRET}`, /^\/f line 1, user "": a name is/],
  ["a plain password", `\nbob:hunter2\n`, /^\/f line 2, user "bob": the password is plain text or hashed by DES/],
] as const) {
  test(`a file with ${title} is refused, with the line`, (t) => {
    t.throws(() => parseHtpasswd(text, "/f"), { instanceOf: TypeError, message });
  });
}

test("users of options that cannot be are refused, with the name", (t) => {
  t.throws(() => usersOf({ bob: "hunter2" }), { message: /^auth: user "bob": the password is plain text/ });
  t.throws(() => usersOf({ "a:b": SECRET }), { message: /^auth: user "a:b": a name is/ });
  t.throws(() => usersOf({ bob: 1 as unknown as string }), { message: /user "bob": the hash is a number/ });
});

test("the decoy for unknown users is of the kind that most have", (t) => {
  t.is(usersOf({ a: SECRET, b: APR1, c: APR1 }).decoy?.kind, "apr1");
  t.is(usersOf({}).decoy, undefined);
});

test("the mark of a user is another one when the password is", (t) => {
  const [one, two] = [usersOf({ a: SECRET }).find("a")?.mark, usersOf({ a: OTHER }).find("a")?.mark];
  t.regex(one ?? "", /^[\w-]{16}$/);
  t.not(one, two);
});
