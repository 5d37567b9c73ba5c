import { jsonParse, parse, toObject } from "../cases/contestants.ts";
import { ofCount } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "How does the cost grow with the number of vars?",
  groups: [10, 24, 100, 1_000].map(ofCount).map((input) => ({
    title: input.title,
    contestants: [parse([input]), jsonParse([input]), toObject([input])],
    walked: [input],
  })),
};
