import { jsonParse, parse, toObject } from "../cases/contestants.ts";
import { ofValueSize } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "How does the cost grow with the size of the values?",
  groups: [8, 64, 512, 4_096].map(ofValueSize).map((input) => ({
    title: input.title,
    contestants: [parse([input]), jsonParse([input]), toObject([input])],
    walked: [input],
  })),
};
