import test from "ava";
import { applications, bytesOf } from "../../bench/applications/applications.ts";
import { backends } from "../../bench/backends/index.ts";
import { chosen, effortOf, questions } from "../../bench/measure/questions.ts";

const contestants = backends.flatMap(({ name, over }) => over.map((kind) => `${name}/${kind}`));

test("whoever is asked exists", (t) => {
  const asked = new Set(questions.flatMap((question) => question.contestants));
  t.deepEqual(
    [...asked].filter((key) => !contestants.includes(key)),
    [],
  );
});

test("whoever exists is asked for hello, by this or another interface", (t) => {
  const hellos = questions.filter(({ name }) => name === "hello" || name === "interfaces");
  const asked = new Set(hellos.flatMap((question) => question.contestants));
  t.deepEqual([...asked].toSorted(), contestants.toSorted());
});

test("who runs no applications is asked for hello only", (t) => {
  const onlyHello = /^(?:floor|.*-(?:express|fetch))\//;
  const answers = new Set<string | number>();
  for (const question of questions) {
    if (question.kind === "load" && question.contestants.some((key) => onlyHello.test(key))) {
      for (const { application } of question.variations) answers.add(application.answer);
    }
  }
  t.deepEqual([...answers], ["Hello world"]);
});

test("a word chooses all questions that begin with it", (t) => {
  t.deepEqual(
    chosen(["download", "idle"]).map(({ name }) => name),
    ["download-64k", "download-10m", "idle"],
  );
});

test("without a word all questions are asked", (t) => {
  t.is(chosen([]).length, questions.length);
});

test("a word that fits nothing is refused, and what there is named", (t) => {
  t.throws(() => chosen(["helo"]), { message: /no question begins with helo; there are hello, browser/ });
});

test("applications and idle connections are measured at full length, curves with fewer and shorter rounds", (t) => {
  const efforts = ["hello", "concurrency", "idle"].map((name) => {
    const [question] = chosen([name]);
    return question === undefined ? undefined : effortOf(question, { rounds: 5, seconds: 4 });
  });
  t.deepEqual(efforts, [
    { rounds: 5, seconds: 4 },
    { rounds: 3, seconds: 2 },
    { rounds: 5, seconds: 0 },
  ]);
});

test("a browser's request has 24 vars", (t) => {
  const [browser] = chosen(["browser"]);
  if (browser?.kind !== "load") throw new Error("browser is about load");
  // 13 of nginx, and those that begin with HTTP_.
  t.is(13 + (browser.variations[0]?.headerVars ?? 0), 24);
});

test("the JSON has about 1 KB, and is written as every backend will write it", (t) => {
  const json = applications.find(({ name }) => name === "json");
  const text = String(json?.body);
  t.true(text.length > 900 && text.length < 1_100, String(text.length));
  t.is(JSON.stringify(JSON.parse(text)), text);
  t.is(json?.answer, text);
});

test("a number stands for that many bytes", (t) => {
  t.is(bytesOf(3).toString(), "xxx");
});
