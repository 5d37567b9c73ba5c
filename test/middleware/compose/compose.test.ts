import test from "ava";
import { nodeHandler } from "../../../src/app/index.ts";
import { compose, type Handler, type Middleware, surround, titled } from "../../../src/handler/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { tagged } from "../../helpers/tagged.ts";

const hello: Handler = () => ({ status: 200, headers: [], body: "hello" });

async function seen(handler: Handler): Promise<string | undefined> {
  return (await inject(handler, { interface: "handler" })).get("x-seen");
}

test("the first of a list is the outermost: it sees the response last", async (t) => {
  t.is(await seen(compose([tagged("a"), tagged("b"), tagged("c")])(hello)), "c, b, a");
});

test("a list in a list is as if its layers stood there", async (t) => {
  const nested = compose([tagged("a"), compose([tagged("b"), compose([tagged("c")])]), tagged("d")]);
  t.is(await seen(nested(hello)), "d, c, b, a");
  t.is(nested.title, "a, b, c, d");
});

test("a list can be put around several applications", async (t) => {
  const both = compose([tagged("a")]);
  const other: Handler = () => ({ status: 404, headers: [], body: null });
  t.is((await inject(both(other), { interface: "handler" })).status, 404);
  t.is((await inject(both(hello), { interface: "handler" })).status, 200);
});

test("what becomes of a list behind compose changes nothing", async (t) => {
  const list = [tagged("a")];
  const composed = compose(list);
  list.push(tagged("b"));
  t.is(await seen(composed(hello)), "a");
});

test("an empty list costs nothing: the application is what it was", (t) => {
  t.is(compose([])(hello), hello);
  t.is(compose([]).title, "nothing");
  const direct = nodeHandler((_req, res) => res.end());
  t.is(surround(direct, []), direct);
  t.is(surround(direct, [compose([])]), direct);
});

test("middleware is called once for an application, not for each request", async (t) => {
  let calls = 0;
  const handler = compose([
    (next) => {
      calls++;
      return next;
    },
  ])(hello);
  await seen(handler);
  await seen(handler);
  t.is(calls, 1);
});

/** Notes which layers it sees, and when they are asked. */
function watcher(notes: string[], name: string): Middleware {
  return Object.assign((next: Handler): Handler => next, {
    title: name,
    watch: (layer: Handler, title: string): Handler => {
      notes.push(title);
      return (request) => {
        notes.push(`${name} asks ${title}`);
        return layer(request);
      };
    },
  });
}

test("who watches sees each layer below it, the application among them, and none above", async (t) => {
  const notes: string[] = [];
  const handler = compose([tagged("above"), watcher(notes, "w"), tagged("b"), tagged("c")])(hello);
  t.deepEqual(notes.splice(0), ["application", "c", "b"]);
  await seen(handler);
  t.deepEqual(notes, ["w asks b", "w asks c", "w asks application"]);
});

test("who watches in a list in the list sees what is below that list, once", (t) => {
  const notes: string[] = [];
  compose([compose([watcher(notes, "w"), tagged("b")]), tagged("c")])(hello);
  t.deepEqual(notes, ["application", "c", "b"]);
});

test("two who watch see each layer, and the upper one the lower one", async (t) => {
  const notes: string[] = [];
  const handler = compose([watcher(notes, "v"), watcher(notes, "w")])(hello);
  notes.length = 0;
  await seen(handler);
  t.deepEqual(notes, ["v asks w", "w asks application", "v asks application"]);
});

test("a layer without a title has the name of its function, or its place", (t) => {
  const anonymous = [(next: Handler) => next][0] as Middleware;
  function counted(next: Handler): Handler {
    return next;
  }
  t.is(compose([titled("one", (next) => next), counted, anonymous]).title, "one, counted, middleware 3");
});

for (const [what, list, message] of [
  ["an object", {}, "middleware is object, a list is needed"],
  ["undefined", undefined, "middleware is undefined, a list is needed"],
  ["a list with null", [tagged("a"), null], "middleware 2 is null, a function is needed"],
  ["a list with a list", [[tagged("a")]], "middleware 1 is a list, a function is needed"],
] as const) {
  test(`${what} is no list of middleware, and the error says where`, (t) => {
    t.throws(() => compose(list as never), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

test("middleware that gives no handler is an error that names it", (t) => {
  const broken = titled("broken", () => undefined as never);
  t.throws(() => compose([tagged("a"), broken])(hello), {
    instanceOf: TypeError,
    code: "UWSGI_INVALID_ARGUMENT",
    message: "middleware 2 (broken) gave undefined, a handler is needed",
  });
});

test("a failure passes the layers as it is", async (t) => {
  const failure = new Error("planted");
  const handler = compose([tagged("a"), tagged("b")])(() => {
    throw failure;
  });
  const { status, errors } = await inject(handler, { interface: "handler" });
  t.deepEqual([status, errors], [500, [failure]]);
});

test("what answers at once is answered at once through the layers", (t) => {
  const response = compose([tagged("a"), tagged("b")])(hello)({} as never);
  t.false(response instanceof Promise);
});
