/**
 * Questions to DNS wait here for their turn: so many are under way at once, and each next hop has
 * its turn, so that a zone whose name servers are silent holds up nobody else's. Pure but for its
 * own state.
 */
import { BOUNDS } from '../limits.ts';

/** What is asked, once, for whoever comes first of those who wait for it. */
export interface Task {
  run(): Promise<void>;
  begun: boolean;
}

export class QuestionTurns {
  readonly #lines = new Map<string, Line>();
  /** Lines with somebody waiting, by how many of theirs are under way; first come, first served. */
  readonly #byUnderWay: readonly Set<Line>[] = Array.from(
    { length: BOUNDS.questionsPerNextHop },
    () => new Set(),
  );
  #free: number;

  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /** Asks when it is the owner's turn; the same task may be waited for by several owners. */
  take(owner: string, task: Task): void {
    const line = this.#lines.get(owner) ?? { owner, waiting: [], underWay: 0 };
    this.#lines.set(owner, line);
    this.#leave(line);
    line.waiting.push(task);
    this.#queue(line);
    this.#next();
  }

  /** Whoever has the fewest under way is next. */
  #next(): void {
    while (this.#free > 0) {
      const line = this.#byUnderWay
        .find((lines) => lines.size > 0)
        ?.values()
        .next().value;
      if (line === undefined) return;
      this.#leave(line);
      const task = line.waiting.shift();
      if (task !== undefined && !task.begun) this.#begin(task, line);
      this.#queue(line);
    }
  }

  #begin(task: Task, line: Line): void {
    task.begun = true;
    this.#free--;
    line.underWay++;
    const end = (): void => {
      this.#free++;
      this.#leave(line);
      line.underWay--;
      this.#queue(line);
      this.#next();
    };
    task.run().then(end, end);
  }

  #leave(line: Line): void {
    this.#byUnderWay[line.underWay]?.delete(line);
  }

  #queue(line: Line): void {
    if (line.waiting.length > 0) this.#byUnderWay[line.underWay]?.add(line);
    else if (line.underWay === 0) this.#lines.delete(line.owner);
  }
}

interface Line {
  readonly owner: string;
  readonly waiting: Task[];
  underWay: number;
}
