import { parse } from "../cases/contestants.ts";
import { chromeGet, mixed, nginxGet } from "../cases/inputs.ts";
import type { Question } from "./question.ts";

export const question: Question = {
  title: "How close does a validated parse come to C?",
  groups: [
    { title: nginxGet.title, contestants: [parse([nginxGet])], walked: [nginxGet] },
    { title: chromeGet.title, contestants: [parse([chromeGet])], walked: [chromeGet] },
    { title: "16 different requests in turn", contestants: [parse(mixed)], walked: mixed },
  ],
};
