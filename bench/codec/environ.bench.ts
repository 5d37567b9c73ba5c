import { environ, jsonParse } from "../cases/contestants.ts";
import { chromeGet, mixed, nginxGet, visits } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "Is an environ cheaper than JSON.parse of the same dictionary?",
  groups: [
    ...[nginxGet, chromeGet].map((input) => ({
      title: input.title,
      contestants: [jsonParse([input]), ...environ([input])],
      walked: [],
    })),
    { title: "16 different requests in turn", contestants: [jsonParse(mixed), ...environ(mixed)], walked: [] },
    {
      title: "16 visits in turn, all with the same names",
      contestants: [jsonParse(visits), ...environ(visits)],
      walked: [],
    },
  ],
};
