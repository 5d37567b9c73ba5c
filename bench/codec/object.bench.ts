import { jsonParse, mapOfViews, naive, toObject } from "../cases/contestants.ts";
import { chromeGet, mixed, nginxGet } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "Is an object of all vars cheaper than JSON.parse of the same dictionary?",
  groups: [
    ...[nginxGet, chromeGet].map((input) => ({
      title: input.title,
      contestants: [jsonParse([input]), toObject([input]), mapOfViews(input), naive(input)],
      walked: [],
    })),
    { title: "16 different requests in turn", contestants: [jsonParse(mixed), toObject(mixed)], walked: [] },
  ],
};
