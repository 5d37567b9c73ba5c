import { encode } from "../cases/contestants.ts";
import { chromeGet, nginxGet } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "Is encoding cheaper than JSON.stringify of the same dictionary?",
  groups: [nginxGet, chromeGet].map((input) => ({
    title: input.title,
    contestants: encode(input),
    walked: [],
  })),
};
