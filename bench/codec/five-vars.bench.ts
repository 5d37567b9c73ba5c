import { jsonParse, readFive } from "../cases/contestants.ts";
import { chromeGet, nginxGet } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "What does it cost to read five vars?",
  groups: [nginxGet, chromeGet].map((input) => ({
    title: input.title,
    contestants: [jsonParse([input]), ...readFive(input)],
    walked: [],
  })),
};
