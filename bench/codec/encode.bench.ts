import { encode } from "../cases/contestants.ts";
import { chromeGet, nginxGet, visits } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "Is encoding cheaper than JSON.stringify of the same dictionary?",
  groups: [
    ...[nginxGet, chromeGet].map((input) => ({ title: input.title, contestants: encode([input]), walked: [] })),
    {
      title: "16 visits in turn: other pages, ports and cookies, two browsers",
      contestants: encode(visits),
      walked: [],
    },
  ],
};
