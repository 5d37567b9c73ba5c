/** What runs in all workers: a question to each, and what has been answered soon. */
import type { RunningRequest } from "../../server/index.ts";
import type { FromWorker } from "../channel/messages.ts";
import type { WorkerRequest } from "../status.ts";
import type { WorkerView } from "../plan/view.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** A worker whose event loop is stuck does not answer, and that is when somebody asks. */
const MOST_MS = 1_000;

interface Asked {
  readonly process: WorkerProcess;
  readonly view: WorkerView;
}

interface Question {
  /** Serials of those who have not answered. */
  readonly open: Set<number>;
  readonly answers: Map<number, readonly RunningRequest[]>;
  done(): void;
}

export class Asking {
  private readonly questions = new Map<number, Question>();
  private last = 0;

  async ask(workers: readonly Asked[], mostMs: number = MOST_MS): Promise<readonly WorkerRequest[]> {
    const number = ++this.last;
    const answers: Question["answers"] = new Map();
    const asked = workers.filter(({ process }) => process.tell({ kind: "requests", ask: number }));
    const open = new Set(asked.map(({ view }) => view.serial));
    if (open.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, mostMs);
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        this.questions.set(number, { open, answers, done });
      });
      this.questions.delete(number);
    }
    return asked.flatMap(({ process, view }) => {
      const requests = answers.get(view.serial) ?? [];
      const where = { worker: view.id, pid: process.pid };
      return requests.map((request) => Object.assign({}, request, where));
    });
  }

  /** An answer to a question that is not open any more, or to which there is one already, counts for nothing. */
  answer(serial: number, { ask, requests }: FromWorker & { readonly kind: "requests" }): void {
    const question = this.questions.get(ask);
    if (question?.open.has(serial) !== true) return;
    question.answers.set(serial, requests);
    close(question, serial);
  }

  /** It will not answer any more. */
  gone(serial: number): void {
    for (const question of this.questions.values()) close(question, serial);
  }
}

function close(question: Question, serial: number): void {
  question.open.delete(serial);
  if (question.open.size === 0) question.done();
}
